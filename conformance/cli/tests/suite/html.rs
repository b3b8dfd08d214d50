//! The HTML report as a person sees it: without scripts, in light and dark, and on paper.

use std::{
    fs,
    io::Write as _,
    path::PathBuf,
    process::{Command, Stdio},
};

use registries_conformance::{Report, report};
use registries_strength::reference::Reference;
use serde_json::{Value, json};

use crate::{
    browser::Browser,
    human::with_defects,
    reports::evil_report,
    support::{is_required, run, skipped},
};

/// The contrast of each text with what is behind it, and the text with the least.
const CONTRAST: &str = r"
const parts = color => color.match(/[\d.]+/g).map(Number);
const luminance = color => {
    const [r, g, b] = parts(color).map(c => c / 255)
        .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const behind = element => {
    for (; element; element = element.parentElement) {
        const color = getComputedStyle(element).backgroundColor;
        if ((parts(color)[3] ?? 1) > 0) return color;
    }
    return 'rgb(255, 255, 255)';
};
const hasText = element => [...element.childNodes].some(it => it.nodeType == 3 && it.data.trim());
let least = {ratio: 21};
let texts = 0;
for (const element of document.querySelectorAll('body, body *')) {
    if (!hasText(element)) continue;
    texts += 1;
    const [a, b] = [getComputedStyle(element).color, behind(element)].map(luminance);
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < least.ratio) least = {ratio, text: element.outerHTML.slice(0, 200)};
}
const {color, backgroundColor} = getComputedStyle(document.body);
return {...least, texts, color, backgroundColor};
";

/// Every element in a folded part, and whether it is to be seen.
const FOLDED: &str = "
const folded = [...document.querySelectorAll('details:not([open]) > :not(summary)')];
return folded.map(it => it.checkVisibility());
";

/// Writes a report to a folder that the tests do not remove.
fn write_report(name: &str, report: &Report) -> String {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, report::html(report).unwrap()).unwrap();
    format!("file://{}", path.display())
}

async fn write_picture(browser: &Browser, name: &str) {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(path, browser.picture().await).unwrap();
}

async fn conforming_report() -> Report {
    let reference = Reference::start().await.unwrap();
    run(&reference.deployment).await
}

#[tokio::test]
async fn a_page_that_may_run_no_script_is_read_and_unfolded() {
    let Some(browser) = Browser::start("the HTML without scripts", false).await else { return };
    // The browser really runs none.
    browser.open("data:text/html,<title>no</title><script>document.title='ran'</script>").await;
    assert_eq!(browser.ask("return document.title").await, "no");

    browser.open(&write_report("without-scripts.html", &evil_report().await)).await;
    let text = browser.ask("return document.body.innerText").await;
    let text = text.as_str().unwrap();
    for part in ["deviates from the contract", "expected", "To repeat it", "$REGISTRIES_TOKEN"] {
        assert!(text.contains(part), "{part}");
    }
    let opened = "return document.querySelectorAll('#cases ~ details[open]').length";
    assert_eq!(browser.ask(opened).await, 0);
    browser.click("#cases ~ details:not([open]) > summary").await;
    assert_eq!(browser.ask(opened).await, 1);
}

/// Also where scripts may run, nothing in it does, nothing is refused, and what a deployment returned is
/// text.
#[tokio::test]
async fn nothing_that_a_deployment_returned_runs() {
    let Some(browser) = Browser::start("the HTML with scripts", true).await else { return };
    browser.open("data:text/html,<title>no</title><script>document.title='ran'</script>").await;
    assert_eq!(browser.ask("return document.title").await, "ran");

    browser.open(&write_report("with-scripts.html", &evil_report().await)).await;
    let title = browser.ask("return document.title").await;
    assert!(title.as_str().unwrap().starts_with("http://127.0.0.1:"), "{title}");
    let foreign = "return document.querySelectorAll('script, img, link, iframe, object').length";
    assert_eq!(browser.ask(foreign).await, 0);
    let loaded = "return performance.getEntriesByType('resource').length";
    assert_eq!(browser.ask(loaded).await, 0);
    let marked = "return [...document.querySelectorAll('mark')].map(it => it.innerText).join()";
    let marked = browser.ask(marked).await;
    assert!(marked.as_str().unwrap().contains("<script>document.title='ran'"), "{marked}");
    assert_eq!(browser.console().await, json!([]));
}

#[tokio::test]
async fn light_and_dark_have_their_own_colors_and_both_can_be_read() {
    let Some(browser) = Browser::start("the HTML in light and dark", true).await else { return };
    let reports = [("conforming", conforming_report().await), ("failing", evil_report().await)];
    for (name, report) in reports {
        browser.open(&write_report(&format!("{name}.html"), &report)).await;
        let mut colors: Vec<[Value; 2]> = Vec::new();
        for (medium, scheme) in [("screen", "light"), ("screen", "dark"), ("print", "dark")] {
            browser.emulate(medium, scheme).await;
            let mut seen = browser.ask(CONTRAST).await;
            assert!(seen["texts"].as_u64().unwrap() > 300, "{seen}");
            assert!(seen["ratio"].as_f64().unwrap() >= 4.5, "{name}, {medium}, {scheme}: {seen}");
            write_picture(&browser, &format!("{name}-{medium}-{scheme}.png")).await;
            colors.push([seen["color"].take(), seen["backgroundColor"].take()]);
        }
        let [light, dark, printed] = &colors[..] else { panic!("{colors:?}") };
        assert!(light[0] != dark[0] && light[1] != dark[1], "{colors:?}");
        assert_eq!([&printed[0], &printed[1]], ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]);
    }
}

/// Every cell of the grid leads somewhere, and what was folded there is shown.
#[tokio::test]
async fn the_grid_leads_to_what_is_wrong_and_to_what_passed() {
    let Some(browser) = Browser::start("the grid of the HTML", true).await else { return };
    browser.open(&write_report("grid.html", &evil_report().await)).await;
    let lost = "
        const links = [...document.querySelectorAll('.grid td a')];
        const lost = links.filter(it => !document.getElementById(it.hash.slice(1)));
        return [links.length, lost.map(it => it.hash)];
    ";
    let lost = browser.ask(lost).await;
    assert!(lost[0].as_u64().unwrap() > 60, "{lost}");
    assert_eq!(lost[1], json!([]));
    for (class, shown) in [("fail", "expected"), ("pass", "pass")] {
        browser.click(&format!(".grid td.{class} a")).await;
        let target = "
            const target = document.querySelector(':target');
            return [target.checkVisibility(), target.innerText];
        ";
        let target = browser.ask(target).await;
        assert_eq!(target[0], true, "{class}: {target}");
        assert!(target[1].as_str().unwrap().contains(shown), "{class}: {target}");
    }
}

/// Also what is not there has its place: a property in its object, a header among the others.
#[tokio::test]
async fn what_is_missing_is_marked_where_it_should_be() {
    let report = with_defects(&["get-ecosystem-missing", "ratelimit-limit-missing"]).await;
    let html = report::html(&report).unwrap();
    for missing in ["\"ecosystem\" is missing</mark>\n}", "RateLimit-Limit is missing</mark>"] {
        assert!(html.contains(missing), "{missing}: {html}");
    }
    let Some(browser) = Browser::start("what is missing in the HTML", true).await else { return };
    browser.open(&write_report("missing.html", &report)).await;
    browser.ask("document.querySelector('mark.missing').scrollIntoView({block: 'center'})").await;
    write_picture(&browser, "missing.png").await;
}

#[tokio::test]
async fn a_phone_shows_all_of_it() {
    let Some(browser) = Browser::start("the HTML on a phone", true).await else { return };
    for (name, report) in
        [("conforming", conforming_report().await), ("failing", evil_report().await)]
    {
        browser.open(&write_report(&format!("{name}-phone.html"), &report)).await;
        browser.narrow(360).await;
        for scheme in ["light", "dark"] {
            browser.emulate("screen", scheme).await;
            write_picture(&browser, &format!("{name}-phone-{scheme}.png")).await;
        }
        let width = browser.ask("return document.documentElement.scrollWidth").await;
        assert_eq!(width, 360, "{name}");
    }
}

#[tokio::test]
async fn on_paper_nothing_is_folded() {
    let Some(browser) = Browser::start("the HTML on paper", true).await else { return };
    let report = conforming_report().await;
    browser.open(&write_report("printed.html", &report)).await;
    let all = |seen: Value, is| seen.as_array().unwrap().iter().all(|it| *it == is);
    let folded = browser.ask(FOLDED).await;
    assert!(folded.as_array().unwrap().len() >= 4 && all(folded.clone(), false), "{folded}");
    browser.emulate("print", "light").await;
    let printed = browser.ask(FOLDED).await;
    assert!(all(printed.clone(), true), "{printed}");
    browser.emulate("", "light").await;

    let pdf = browser.printed().await;
    drop(browser);
    let Some(text) = text_of(&pdf) else { return };
    let letters = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
    let text = letters(&text);
    for requirement in &report.requirements {
        assert!(text.contains(&letters(&requirement.id)), "{}", requirement.id);
    }
    for property in &report.coverage.properties {
        assert!(text.contains(&letters(&property.name())), "{}", property.name());
    }
}

/// The text of a PDF, cell by cell; `None` without `pdftotext`.
fn text_of(pdf: &[u8]) -> Option<String> {
    let mut command = Command::new("pdftotext");
    command.args(["-raw", "-", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let Ok(mut process) = command.spawn() else {
        assert!(!is_required("REGISTRIES_TEST_BROWSER"), "there is no pdftotext");
        skipped("the text on paper", "there is no pdftotext (Debian package poppler-utils)");
        return None;
    };
    let mut input = process.stdin.take().unwrap();
    let pdf = pdf.to_vec();
    let writer = std::thread::spawn(move || input.write_all(&pdf));
    let output = process.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success());
    Some(String::from_utf8(output.stdout).unwrap())
}
