//! Pieces of HTML.

/// A text as HTML has it, within elements and attributes.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            _ => escaped.push(letter),
        }
    }
    escaped
}

/// A section with its heading; `content` is HTML.
pub(super) fn section(title: &str, content: &str) -> String {
    format!(
        "<section>\n<h2>{}</h2>\n{content}</section>\n",
        escape(title)
    )
}

/// A table of words whose cells are HTML already.
pub(super) fn table(caption: &str, head: &[&str], rows: &[Vec<String>]) -> String {
    classed("words", caption, (head, rows))
}

/// A table of numbers.
pub(super) fn numbers(caption: &str, head: &[&str], rows: &[Vec<String>]) -> String {
    classed("numbers", caption, (head, rows))
}

fn classed(class: &str, caption: &str, (head, rows): (&[&str], &[Vec<String>])) -> String {
    let mut text = format!(
        "<div class=\"wide\"><table class=\"{class}\"><caption>{}</caption>\n<thead><tr>",
        escape(caption)
    );
    for name in head {
        text += &format!("<th scope=\"col\">{}</th>", escape(name));
    }
    text += "</tr></thead>\n<tbody>\n";
    for row in rows {
        text += "<tr>";
        for (column, cell) in row.iter().enumerate() {
            if column == 0 {
                text += &format!("<th scope=\"row\">{cell}</th>");
            } else {
                text += &format!("<td>{cell}</td>");
            }
        }
        text += "</tr>\n";
    }
    text + "</tbody></table></div>\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_become_markup() {
        let cell = escape("<script>alert('x')</script> & \"Co\"");
        assert_eq!(
            cell,
            "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &quot;Co&quot;"
        );
        let table = table("a < b", &["c & d"], &[vec![cell]]);
        assert!(
            table.contains("a &lt; b") && table.contains("c &amp; d"),
            "{table}"
        );
    }
}
