//! What customers answered: the last answers, and those of a year.

use crate::limits::{ANSWERS_MAX, HORIZON_DAYS, SURVEYS_MAX};
use crate::model::{
    CodecError, DAY_MS, Fixed, Reader, Role, Stream, Survey, SurveyChange, Time, Writer,
};

use super::bounded::{Entities, Entity, Happened};
use super::days::Day;
use super::latest::{Latest, Stamp};
use super::people::People;
use super::plan::{Moment, Plan};
use super::reading::{Reading, known, percent, ratio, rounded};
use super::touches::Touches;

/// The greatest answer of 5 that says that one was dissatisfied: 1 and 2.
const DISSATISFIED_MAX: Fixed = Fixed(2 * Fixed::SCALE);

/// The greatest answer of 10 of somebody who would not recommend the product.
const DETRACTOR_MAX: Fixed = Fixed(6 * Fixed::SCALE);

/// Which question was answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(u8)]
enum Question {
    /// Whether one would recommend the product, 0 to 10.
    #[default]
    Recommend = 0,
    /// How satisfied one is, up to 5.
    Satisfied = 1,
}

/// One answer, on the scale of its question.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Answer {
    at: Time,
    question: Question,
    value: Fixed,
    contact: u64,
}

impl Answer {
    /// Whether somebody should speak with the one who gave it.
    fn is_bad(&self) -> bool {
        match self.question {
            Question::Recommend => self.value <= DETRACTOR_MAX,
            Question::Satisfied => self.value <= DISSATISFIED_MAX,
        }
    }
}

impl Entity for Answer {
    fn newest(&self) -> Time {
        self.at
    }
}

/// What the answers of windows come to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Summary {
    revision: u64,
    today: Day,
    lowest: Option<Fixed>,
    /// Sum of recommendations, and number of answers.
    recommended: (i128, i128),
    /// Sum of weight × answer, and of weights.
    weighted: (i128, i128),
    /// Sum of satisfaction, and number of answers.
    satisfied: (i128, i128),
    satisfied_lowest: Option<Fixed>,
    dissatisfied: u32,
    /// Numbers of surveys that came back and that were sent.
    asked: (usize, usize),
}

/// The answers of one account.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Surveys {
    answers: Entities<Answer>,
    recommend: Latest<Fixed>,
    satisfied: Latest<Fixed>,
    last: Option<Time>,
    /// Surveys that were sent, and answers to any of them, by id.
    sent: Entities<Happened>,
    returned: Entities<Happened>,
    summary: Option<Summary>,
}

/// Whether answers in this series are a customer's on the relation, the product or support.
const fn is_customers(stream: Stream) -> bool {
    matches!(
        stream,
        Stream::Relational | Stream::Product | Stream::Support
    )
}

const fn weight(role: Option<Role>) -> i128 {
    match role {
        Some(Role::Executive | Role::DecisionMaker) => 3,
        Some(Role::Champion) => 2,
        Some(Role::Internal | Role::Service) => 0,
        Some(Role::User) | None => 1,
    }
}

impl Surveys {
    pub(crate) fn apply(&mut self, stamp: Stamp, contact: u64, event: &Survey<'_>, now: Time) {
        if !is_customers(event.stream) {
            return;
        }
        let id = stamp.id[0];
        if event.change == SurveyChange::Sent {
            self.sent.happened(id, stamp.at, now, SURVEYS_MAX);
            self.summary = None;
        }
        let Some(score) = event.score else {
            return;
        };
        if event.change != SurveyChange::Answered {
            return;
        }
        self.returned.happened(id, stamp.at, now, SURVEYS_MAX);
        self.summary = None;
        self.last = self.last.max(Some(stamp.at));
        let (question, latest, scale) = match event.survey.as_ref() {
            "nps" => (Question::Recommend, &mut self.recommend, 10),
            "csat" => (Question::Satisfied, &mut self.satisfied, 5),
            _ => return,
        };
        let Some(value) = on_scale(score, event.scale, scale) else {
            return;
        };
        latest.state(stamp, value);
        if self.answers.len() >= ANSWERS_MAX / 2 {
            let oldest = now.minus_ms(HORIZON_DAYS * DAY_MS);
            self.answers.retain(|answer| answer.at >= oldest);
        }
        if self.answers.get(stamp.id[0]).is_some() {
            return;
        }
        let (place, _) = self.answers.entry(stamp.id[0], stamp.at, ANSWERS_MAX);
        if let Some(answer) = place {
            *answer = Answer {
                at: stamp.at,
                question,
                value,
                contact,
            };
        }
    }

    /// A role changed: weights must be summed anew.
    pub(crate) const fn forget_weights(&mut self) {
        self.summary = None;
    }

    pub(crate) const fn last(&self) -> Option<Time> {
        self.last
    }

    pub(crate) fn is_capped(&self, now: Time) -> bool {
        let asked = self.sent.is_capped(now) || self.returned.is_capped(now);
        asked || self.answers.is_capped(now)
    }

    pub(crate) fn nps_latest(&self) -> Reading {
        known(self.recommend.get().map(|value| value.to_f64()))
    }

    pub(crate) fn csat_latest(&self) -> Reading {
        known(self.satisfied.get().map(|value| value.to_f64()))
    }

    /// When the latest nps and the latest csat answer were given.
    pub(crate) fn latest_at(&self) -> (Option<Time>, Option<Time>) {
        (self.recommend.at(), self.satisfied.at())
    }

    pub(crate) fn nps_lowest(&mut self, plan: &Plan, people: &People, moment: Moment) -> Reading {
        let lowest = self.summary(plan, people, moment).lowest;
        known(lowest.map(Fixed::to_f64))
    }

    pub(crate) fn nps_mean(&mut self, plan: &Plan, people: &People, moment: Moment) -> Reading {
        let (sum, answers) = self.summary(plan, people, moment).recommended;
        ratio(sum, answers * i128::from(Fixed::SCALE))
    }

    pub(crate) fn nps_weighted(&mut self, plan: &Plan, people: &People, moment: Moment) -> Reading {
        let (sum, weights) = self.summary(plan, people, moment).weighted;
        ratio(sum, weights * i128::from(Fixed::SCALE))
    }

    pub(crate) fn csat_mean(&mut self, plan: &Plan, people: &People, moment: Moment) -> Reading {
        let (sum, answers) = self.summary(plan, people, moment).satisfied;
        ratio(sum, answers * i128::from(Fixed::SCALE))
    }

    pub(crate) fn csat_lowest(&mut self, plan: &Plan, people: &People, moment: Moment) -> Reading {
        let lowest = self.summary(plan, people, moment).satisfied_lowest;
        known(lowest.map(Fixed::to_f64))
    }

    /// Number of dissatisfied answers in 90 days; none where no csat answer is known.
    pub(crate) fn csat_bad(&mut self, plan: &Plan, people: &People, moment: Moment) -> Reading {
        let dissatisfied = self.summary(plan, people, moment).dissatisfied;
        known(self.satisfied.get().map(|_| f64::from(dissatisfied)))
    }

    pub(crate) fn response_pct(&mut self, plan: &Plan, people: &People, moment: Moment) -> Reading {
        let (returned, sent) = self.summary(plan, people, moment).asked;
        let number = |count| i128::try_from(count).unwrap_or(i128::MAX);
        percent(number(returned), number(sent))
    }

    /// Number of answers of 90 days that ask for a follow-up and that no touch answers; none
    /// where no answer is known.
    pub(crate) fn unanswered(
        &self,
        plan: &Plan,
        touches: Option<&Touches>,
        today: Day,
    ) -> Option<usize> {
        self.recommend.at().or(self.satisfied.at())?;
        let first = plan.days().start_of(today.saturating_sub(89));
        let recent = self.answers.entries();
        let recent = recent.filter(|(_, answer)| answer.at >= first && answer.is_bad());
        let is_answered = |id| touches.is_some_and(|touches| touches.answers(id));
        Some(recent.filter(|(id, _)| !is_answered(*id)).count())
    }

    fn summary(&mut self, plan: &Plan, people: &People, moment: Moment) -> Summary {
        let (revision, today) = (plan.revision(), moment.today);
        match self.summary {
            Some(summary) if summary.today == today && summary.revision == revision => summary,
            _ => *self.summary.insert(self.sum_up(plan, people, today)),
        }
    }

    fn sum_up(&self, plan: &Plan, people: &People, today: Day) -> Summary {
        let start = |reach: Day| plan.days().start_of(today.saturating_sub(reach));
        let (quarter, year) = (start(89), start(364));
        let mut summary = Summary {
            revision: plan.revision(),
            today,
            ..Summary::default()
        };
        summary.asked = (self.returned.count_since(year), self.sent.count_since(year));
        for answer in self.answers.iter() {
            let value = i128::from(answer.value.0);
            match answer.question {
                Question::Recommend if answer.at >= year => {
                    let lowest = summary.lowest.unwrap_or(answer.value);
                    summary.lowest = Some(lowest.min(answer.value));
                    summary.recommended.0 += value;
                    summary.recommended.1 += 1;
                    let weight = weight(people.role(answer.contact));
                    summary.weighted.0 += weight * value;
                    summary.weighted.1 += weight;
                }
                Question::Satisfied if answer.at >= quarter => {
                    summary.satisfied.0 += value;
                    summary.satisfied.1 += 1;
                    let lowest = summary.satisfied_lowest.unwrap_or(answer.value);
                    summary.satisfied_lowest = Some(lowest.min(answer.value));
                    summary.dissatisfied += u32::from(answer.value <= DISSATISFIED_MAX);
                }
                Question::Recommend | Question::Satisfied => {}
            }
        }
        summary
    }

    pub(crate) fn write(&self, writer: &mut Writer) {
        self.answers.write(writer, |writer, answer| {
            writer.i64(answer.at.0);
            writer.u8(answer.question as u8);
            writer.i64(answer.value.0);
            writer.u64(answer.contact);
        });
        for latest in [&self.recommend, &self.satisfied] {
            latest.write(writer, |writer, value| writer.i64(value.0));
        }
        writer.option(self.last, |writer, at| writer.i64(at.0));
        self.sent.write_happened(writer);
        self.returned.write_happened(writer);
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        let questions = [Question::Recommend, Question::Satisfied];
        let answers = Entities::read(reader, ANSWERS_MAX, |reader| {
            Ok(Answer {
                at: Time(reader.i64()?),
                question: super::pending::read_word(reader, &questions)?,
                value: Fixed(reader.i64()?),
                contact: reader.u64()?,
            })
        })?;
        let mut latest = || Latest::read(reader, |reader| Ok(Fixed(reader.i64()?)));
        let (recommend, satisfied) = (latest()?, latest()?);
        Ok(Self {
            answers,
            recommend,
            satisfied,
            last: reader.option(|reader| Ok(Time(reader.i64()?)))?,
            sent: Entities::read_happened(reader, SURVEYS_MAX)?,
            returned: Entities::read_happened(reader, SURVEYS_MAX)?,
            summary: None,
        })
    }
}

/// The answer on another scale, rounded to a millionth; none where its own scale is not positive.
fn on_scale(score: Fixed, own: Option<Fixed>, scale: i64) -> Option<Fixed> {
    let own = own.map_or(scale * Fixed::SCALE, |own| own.0);
    if own <= 0 {
        return None;
    }
    let scaled = i128::from(score.0) * i128::from(scale * Fixed::SCALE);
    i64::try_from(rounded(scaled, own.into())).ok().map(Fixed)
}
