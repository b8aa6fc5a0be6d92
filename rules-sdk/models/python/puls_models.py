"""Trains models of churn on feature tables of Puls, in forms that `puls rule import` takes.

    puls_models.py train    --features 2026-*.parquet --outcomes churn.csv --out model
    puls_models.py additive --features 2026-*.parquet --outcomes churn.csv --out model --kind ebm
    puls_models.py predict  --model model/model.txt --features now.parquet --out chances.csv

A feature table is what `puls export features --format parquet` writes: one row an account, as of one
moment. Give one table for each reference date, made with what was known then (`puls run --until`).
Outcomes are a CSV with `account` and `decided_at`: who left, and when that was decided.

A row's outcome is whether its account decides to leave within the window after the reference date.
Rows of accounts that had decided before are left out, and so are dates whose window is not over.
"""

import argparse
import csv
import datetime
import json
import pathlib
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

KEYS = ["tenant", "account", "as_of"]
# Texts of one feature that a rule may list.
TEXTS_MAX = 256
# What tells of the outcome rather than of its causes.
WITHOUT = ["account.stage", "score."]


def fail(message):
    sys.exit(f"puls_models: {message}")


def moment(text):
    """A time of RFC 3339, or a date, which is its midnight in UTC."""
    try:
        found = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        fail(f"expected a moment such as 2026-03-01 or 2026-03-01T00:00:00Z, found {text!r}")
    return found if found.tzinfo else found.replace(tzinfo=datetime.timezone.utc)


def read_tables(paths):
    """All feature tables, one below the other."""
    tables = [pq.read_table(path) for path in paths]
    for path, table in zip(paths, tables):
        absent = [key for key in KEYS if key not in table.column_names]
        if absent:
            fail(f"{path}: expected a table of `puls export features`, found none of {absent}")
    return pa.concat_tables(tables, promote_options="default")


def read_outcomes(path):
    """When each account decided to leave, by account."""
    with open(path, newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        absent = {"account", "decided_at"} - set(reader.fieldnames or [])
        if absent:
            fail(f"{path}: expected columns account and decided_at, found no {sorted(absent)}")
        decided = {}
        for row in reader:
            at = moment(row["decided_at"])
            key = row["account"]
            decided[key] = min(at, decided.get(key, at))
    return decided


def utc(value):
    return value if value.tzinfo else value.replace(tzinfo=datetime.timezone.utc)


def label(table, args):
    """The rows that may be learned from, and what became of each."""
    decided = read_outcomes(args.outcomes)
    if not decided:
        fail(f"{args.outcomes}: expected at least one account that left, found none")
    observed = moment(args.observed_until) if args.observed_until else max(decided.values())
    window = datetime.timedelta(days=args.window_days)
    keep, outcome, too_late = [], [], set()
    accounts = table.column("account").to_pylist()
    dates = [utc(at) for at in table.column("as_of").to_pylist()]
    for row, (account, at) in enumerate(zip(accounts, dates)):
        left = decided.get(account)
        if at + window > observed:
            too_late.add(at)
        elif left is None or left > at:
            keep.append(row)
            outcome.append(left is not None and left <= at + window)
    for at in sorted(too_late):
        print(f"left out {at:%Y-%m-%d}: its window of {args.window_days} days is not over", file=sys.stderr)
    outcome = np.array(outcome, dtype=float)
    if not outcome.any() or outcome.all():
        fail(f"expected accounts that left and accounts that stayed, found {len(outcome)} rows of "
             f"which {int(outcome.sum())} left")
    dates = np.array([dates[row].timestamp() for row in keep])
    return table.take(pa.array(keep, type=pa.int64())), outcome, dates


def columns_of(table, args):
    """Features with some data, and the texts of those that are texts, most frequent first."""
    columns = {}
    for name in table.column_names:
        if name in KEYS or any(name.startswith(prefix) for prefix in args.without):
            continue
        column = table.column(name)
        if column.null_count == len(column):
            continue
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            counts = column.drop_null().value_counts().to_pylist()
            counts.sort(key=lambda pair: (-pair["counts"], pair["values"]))
            columns[name] = [pair["values"] for pair in counts[:TEXTS_MAX]]
        else:
            columns[name] = None
    if not columns:
        fail("expected features with data, found none")
    return columns


def strongest(columns, strength, most):
    """The features that say most, in their order; those that say nothing are left out."""
    order = sorted(zip(columns, strength), key=lambda pair: -pair[1])
    kept = {name for name, found in order[:most] if found > 0}
    if not kept:
        fail("expected features that tell who leaves, found none; the model would say the same of "
             "everybody")
    return {name: texts for name, texts in columns.items() if name in kept}


def matrix(table, columns):
    """Numbers as they are, texts as their place in the list, −1 for another; NaN is missing."""
    out = np.full((table.num_rows, len(columns)), np.nan)
    for place, (name, texts) in enumerate(columns.items()):
        if name not in table.column_names:
            continue
        values = table.column(name).to_pylist()
        if texts is None:
            out[:, place] = [np.nan if value is None else value for value in values]
        else:
            codes = {text: code for code, text in enumerate(texts)}
            out[:, place] = [np.nan if value is None else codes.get(value, -1) for value in values]
    return out


def auc(outcome, chance):
    """Chance that an account that left has the greater chance of two; ties count half."""
    left, stayed = chance[outcome == 1], chance[outcome == 0]
    if not len(left) or not len(stayed):
        return float("nan")
    order = np.sort(stayed)
    below = np.searchsorted(order, left, "left") + np.searchsorted(order, left, "right")
    return below.mean() / (2 * len(stayed))


def later(dates):
    """The rows of the last reference date, to judge by; none where there is one date only."""
    return dates == dates.max() if len(np.unique(dates)) > 1 else np.zeros(len(dates), dtype=bool)


def report(name, outcome, chance, held):
    shown = f"AUC {auc(outcome[held], chance[held]):.3f} on the last date" if held.any() else "one date only"
    print(f"{name}: {len(outcome)} rows, {int(outcome.sum())} left, {shown}")


def quoted(text):
    return json.dumps(text, ensure_ascii=False)


def write_map(path, columns, args):
    lines = ["[model]", f"name = {quoted(args.name)}", f"title = {quoted(args.title)}", ""]
    lines += ["# Say here how people read a feature:", "# [columns.\"usage.active_days_28d\"]",
              "# title = \"Active days\"", "# reason = \"Active on {} of the last 28 days\"", ""]
    for name, texts in columns.items():
        if texts is not None:
            values = ", ".join(quoted(text) for text in texts)
            lines += [f"[columns.{quoted(name)}]", f"values = [{values}]", ""]
    path.write_text("\n".join(lines), encoding="utf-8")


def train(args):
    import lightgbm

    table, outcome, dates = label(read_tables(args.features), args)
    held = later(dates)
    columns = columns_of(table.filter(pa.array(~held)), args)
    parameters = {
        "objective": "binary", "num_leaves": args.num_leaves, "learning_rate": args.learning_rate,
        "min_data_in_leaf": args.min_data_in_leaf, "seed": args.seed, "deterministic": True,
        "force_row_wise": True, "num_threads": 1, "verbose": -1,
    }

    def fit(rows):
        # LightGBM takes −1 for missing; so does a rule, where another text goes right as well.
        texts = [name for name, values in columns.items() if values is not None]
        dataset = lightgbm.Dataset(matrix(table, columns)[rows], outcome[rows],
                                   feature_name=list(columns), categorical_feature=texts)
        return lightgbm.train(parameters, dataset, args.num_iterations)

    columns = strongest(columns, fit(~held).feature_importance("gain"), args.most)
    judged = fit(~held) if held.any() else None
    model = fit(np.ones(len(outcome), dtype=bool))
    report("lightgbm", outcome, (judged or model).predict(matrix(table, columns)), held)
    args.out.mkdir(parents=True, exist_ok=True)
    model.save_model(args.out / "model.txt")
    write_map(args.out / "map.toml", columns, args)
    (args.out / "columns.json").write_text(json.dumps(columns, ensure_ascii=False, indent=1))


def predict(args):
    import lightgbm

    columns = json.loads((args.model.parent / "columns.json").read_text())
    table = read_tables(args.features)
    model = lightgbm.Booster(model_file=args.model)
    write_chances(args.out, table, model.predict(matrix(table, columns)))


def write_chances(path, table, chances):
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["tenant", "account", "chance"])
        keys = zip(table.column("tenant").to_pylist(), table.column("account").to_pylist())
        writer.writerows([*key, repr(float(chance))] for key, chance in zip(keys, chances))


def frame(data, columns):
    """For libraries that want texts as texts."""
    import pandas

    out = {}
    for place, (name, texts) in enumerate(columns.items()):
        column = data[:, place]
        if texts is None:
            out[name] = column
        else:
            named = [None if np.isnan(code) else texts[int(code)] if code >= 0 else "another"
                     for code in column]
            out[name] = pandas.Series(named, dtype=object)
    return pandas.DataFrame(out)


def additive(args):
    table, outcome, dates = label(read_tables(args.features), args)
    held = later(dates)
    columns = columns_of(table.filter(pa.array(~held)), args)
    make = {"ebm": ebm, "logistic": logistic}[args.kind]
    early = matrix(table, columns)[~held]
    columns = strongest(columns, make(early, outcome[~held], columns, args)[2], args.most)
    data = matrix(table, columns)
    judged = make(data[~held], outcome[~held], columns, args)[1] if held.any() else None
    model, chance, _ = make(data, outcome, columns, args)
    report(args.kind, outcome, (judged or chance)(data), held)
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / "additive.json").write_text(json.dumps(model, ensure_ascii=False, indent=1))
    if args.predict:
        now = read_tables(args.predict)
        write_chances(args.out / "chances.csv", now, chance(matrix(now, columns)))


def ebm(data, outcome, columns, args):
    """An explainable boosting machine without pairs: each feature's amounts are its bins'."""
    from interpret.glassbox import ExplainableBoostingClassifier

    kinds = ["continuous" if texts is None else "nominal" for texts in columns.values()]
    model = ExplainableBoostingClassifier(
        feature_names=list(columns), feature_types=kinds, interactions=0, max_bins=args.max_bins,
        random_state=args.seed, n_jobs=1, outer_bags=4)
    model.fit(frame(data, columns), outcome.astype(int))
    terms = []
    for feature, scores, bins in zip(columns, model.term_scores_, model.bins_):
        term = {"feature": feature, "missing": float(scores[0])}
        if isinstance(bins[0], dict):
            term["texts"] = {text: float(scores[place]) for text, place in bins[0].items()}
            term["otherwise"] = float(scores[-1])
            # Texts beyond the list were learned from as one; to a card they are any other.
            if "another" not in columns[feature]:
                term["otherwise"] = term["texts"].pop("another", term["otherwise"])
        else:
            # A number on an edge belongs to the bin above it.
            steps = [{"below": float(edge), "value": float(value)}
                     for edge, value in zip(bins[0], scores[1:-2])]
            term["steps"] = steps + [{"value": float(scores[-2])}]
        terms.append(term)
    out = {"form": "puls-additive/1", "name": args.name, "title": args.title,
           "intercept": float(np.ravel(model.intercept_)[0]), "features": terms}
    return out, lambda rows: model.predict_proba(frame(rows, columns))[:, 1], model.term_importances()


def logistic(data, outcome, columns, args):
    """A logistic regression: numbers by a slope, texts by an amount each, missing by its own."""
    from sklearn.linear_model import LogisticRegression

    def design(rows):
        parts = []
        for place, texts in enumerate(columns.values()):
            column = rows[:, place]
            gone = np.isnan(column)
            if texts is None:
                parts += [np.where(gone, 0.0, (column - centers[place]) / widths[place]), gone]
            else:
                parts += [column == code for code in range(len(texts))] + [gone]
        return np.column_stack(parts).astype(float)

    some = [column[~np.isnan(column)] for column in data.T]
    centers = [column.mean() for column in some]
    widths = [column.std() or 1.0 for column in some]
    model = LogisticRegression(C=args.inverse_penalty, max_iter=5000)
    model.fit(design(data), outcome)
    weights, terms, strength = list(model.coef_[0]), [], []
    moved = np.abs(design(data) * model.coef_[0]).mean(axis=0)
    for place, (feature, texts) in enumerate(columns.items()):
        own = 2 if texts is None else len(texts) + 1
        strength.append(moved[:own].sum())
        moved = moved[own:]
        term = {"feature": feature}
        if texts is None:
            slope, term["missing"] = weights.pop(0) / widths[place], float(weights.pop(0))
            line = {"slope": float(slope), "zero_at": float(centers[place]),
                    "from": float(some[place].min()), "to": float(some[place].max())}
            # A number that never changes says nothing.
            steps = [{"value": 0.0}]
            term.update({"line": line} if slope and line["from"] < line["to"] else {"steps": steps})
        else:
            term["texts"] = {text: float(weights.pop(0)) for text in texts}
            term["otherwise"], term["missing"] = 0.0, float(weights.pop(0))
        terms.append(term)
    out = {"form": "puls-additive/1", "name": args.name, "title": args.title,
           "intercept": float(model.intercept_[0]), "features": terms}
    return out, lambda rows: model.predict_proba(design(rows))[:, 1], strength


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    commands = parser.add_subparsers(required=True)
    learns = argparse.ArgumentParser(add_help=False)
    learns.add_argument("--features", nargs="+", required=True, metavar="PARQUET")
    learns.add_argument("--outcomes", required=True, metavar="CSV")
    learns.add_argument("--observed-until", metavar="TIME",
                        help="until when it is known who left; the last decision without this")
    learns.add_argument("--window-days", type=int, default=90)
    learns.add_argument("--without", nargs="*", default=WITHOUT, metavar="PREFIX",
                        help=f"features not to learn from (default: {' '.join(WITHOUT)})")
    learns.add_argument("--out", type=pathlib.Path, required=True, metavar="FOLDER")
    learns.add_argument("--name", default="churn")
    learns.add_argument("--title", default="Chance of churn")
    learns.add_argument("--seed", type=int, default=1)
    command = commands.add_parser("train", parents=[learns], help="a LightGBM model")
    command.add_argument("--num-iterations", type=int, default=100)
    command.add_argument("--num-leaves", type=int, default=15)
    command.add_argument("--learning-rate", type=float, default=0.05)
    command.add_argument("--min-data-in-leaf", type=int, default=20)
    command.add_argument("--most", type=int, default=100, help="features at most, by gain")
    command.set_defaults(run=train)
    command = commands.add_parser("additive", parents=[learns], help="an additive model")
    command.add_argument("--kind", choices=["ebm", "logistic"], default="ebm")
    command.add_argument("--max-bins", type=int, default=32)
    command.add_argument("--inverse-penalty", type=float, default=1.0)
    command.add_argument("--most", type=int, default=20, help="lines of the card at most")
    command.add_argument("--predict", nargs="+", metavar="PARQUET",
                         help="also write the chances of these accounts to chances.csv")
    command.set_defaults(run=additive)
    command = commands.add_parser("predict", help="chances of a LightGBM model")
    command.add_argument("--model", type=pathlib.Path, required=True)
    command.add_argument("--features", nargs="+", required=True, metavar="PARQUET")
    command.add_argument("--out", required=True, metavar="CSV")
    command.set_defaults(run=predict)
    return parser.parse_args()


if __name__ == "__main__":
    chosen = arguments()
    chosen.run(chosen)
