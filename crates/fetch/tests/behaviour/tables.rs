//! Tables, feeds, and the field layouts of other tools.

use std::fmt::Write as _;
use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array, ListArray, RecordBatch, StringArray};
use unecho_fetch::{Config, Fetched, Layout, Limits};

use crate::{Folder, check, check_with, read_all, shown, source_of, zstd};

#[test]
fn rows_of_csv_are_documents() {
    check(
        "a.csv",
        b"\xef\xbb\xbfid,text,url\nx,\"one, \"\"two\"\"\nthree\",u\n,four,\n",
        &["x:: one, \"two\"\nthree", "a:2:: four"],
    );
    check("a.csv", b"text;title\nx, y;t\n", &["a:1:: x, y"]);
    check("a.tsv", b"title\ttext\nt\tx\n", &["a:1:: x"]);
    check(
        "a.csv",
        b"text,n\nx,1,2\ny,3\n",
        &["! a:1@1 bad-field: 3 columns, the first line names 2", "a:2:: y"],
    );
    check("a.csv", b"text,n\n", &["! a empty: no row below the names of the columns"]);
    check("a.csv", b"", &["! a empty: the file is empty"]);
    check("a.csv", b"x,y\n1,2\n", &["! a:1@1 bad-field: there is no field `text`"]);
    let limits = Limits { line_bytes_max: 20_000, ..Limits::default() };
    let config = Config { limits, ..Config::default() };
    let open = format!("text\ngood\n\"never closed {}", "x\n".repeat(50_000));
    check_with(
        &config,
        "a.csv",
        open.as_bytes(),
        &[
            "a:1:: good",
            "! a:2@2 too-large: a row of more than 20000 bytes (line_bytes_max), after row 1 was read",
        ],
    );
}

pub(crate) fn table() -> RecordBatch {
    let text: ArrayRef = Arc::new(StringArray::from(vec![Some("one"), None, Some("three")]));
    let id: ArrayRef = Arc::new(Int64Array::from(vec![7, 8, 9]));
    let vectors = ListArray::from_iter_primitive::<arrow_array::types::Float32Type, _, _>(
        (0..3).map(|_| Some(vec![Some(0.5), Some(1.5)])),
    );
    RecordBatch::try_from_iter([("text", text), ("id", id), ("embedding", Arc::new(vectors))]).unwrap()
}

pub(crate) fn parquet_of(table: &RecordBatch, rows_per_group: usize) -> Vec<u8> {
    let properties = parquet::file::properties::WriterProperties::builder()
        .set_max_row_group_row_count(Some(rows_per_group))
        .build();
    let mut writer =
        parquet::arrow::ArrowWriter::try_new(Vec::new(), table.schema(), Some(properties)).unwrap();
    writer.write(table).unwrap();
    writer.into_inner().unwrap()
}

pub(crate) fn arrow_of(table: &RecordBatch) -> Vec<u8> {
    let mut file = arrow_ipc::writer::FileWriter::try_new(Vec::new(), &table.schema()).unwrap();
    file.write(table).unwrap();
    file.finish().unwrap();
    file.into_inner().unwrap()
}

#[test]
fn rows_of_columns_are_documents() {
    let expect = ["7:: one", "! 8@2 bad-field: there is no field `text`", "9:: three"];
    for rows in [1, 2, 100] {
        let parquet = parquet_of(&table(), rows);
        check("a.parquet", &parquet, &expect);
        check("a.parquet.zst", &zstd(&parquet), &expect);
        check("told.by.content", &parquet, &expect);
        let limits = Limits { row_group_bytes_max: 1, ..Limits::default() };
        check_with(&Config { limits, ..Config::default() }, "a.parquet", &parquet, &expect);
        let limits = Limits { page_bytes_max: 5, ..Limits::default() };
        let config = Config { limits, ..Config::default() };
        let folder = Folder::with(&[("a.parquet", &parquet)]);
        let (fetched, _) = read_all(source_of(&folder, "a.parquet").open(&config), &config);
        assert_eq!(fetched.len(), 1);
        assert!(shown(&fetched[0]).contains("limit 5 (page_bytes_max)"), "{fetched:?}");
    }
    check("a.arrow", &arrow_of(&table()), &expect);
    let mut stream = arrow_ipc::writer::StreamWriter::try_new(Vec::new(), &table().schema()).unwrap();
    stream.write(&table()).unwrap();
    stream.finish().unwrap();
    check("a.arrows", &stream.into_inner().unwrap(), &expect);

    let folder = Folder::with(&[("a.parquet", &parquet_of(&table(), 2))]);
    let config = Config::default();
    let (_, end) = read_all(source_of(&folder, "a.parquet").open(&config), &config);
    assert_eq!(end.skipped["column of lists"], 1, "embeddings are not read");
}

#[test]
fn arrow_data_that_claims_too_much_is_not_believed() {
    use arrow_ipc::writer::{FileWriter, IpcWriteOptions, StreamWriter};
    let long: ArrayRef = Arc::new(StringArray::from(vec!["one story ".repeat(50); 50]));
    let table = RecordBatch::try_from_iter([("text", long)]).unwrap();
    let options =
        || IpcWriteOptions::default().try_with_compression(Some(arrow_ipc::CompressionType::ZSTD)).unwrap();
    let mut file = FileWriter::try_new_with_options(Vec::new(), &table.schema(), options()).unwrap();
    file.write(&table).unwrap();
    file.finish().unwrap();
    let mut stream = StreamWriter::try_new_with_options(Vec::new(), &table.schema(), options()).unwrap();
    stream.write(&table).unwrap();
    stream.finish().unwrap();
    for (name, good) in [("a.arrow", file.into_inner().unwrap()), ("a.arrows", stream.into_inner().unwrap())]
    {
        let read = |content: &[u8], config: &Config| {
            let folder = Folder::with(&[(name, content)]);
            read_all(source_of(&folder, name).open(config), config).0
        };
        assert_eq!(read(&good, &Config::default()).len(), 50);
        let limits = Limits { page_bytes_max: 1000, ..Limits::default() };
        let fetched = read(&good, &Config { limits, ..Config::default() });
        assert!(shown(&fetched[0]).contains("limit 1000 (page_bytes_max)"), "{fetched:?}");
        // Every number in it as large as it can be, one after another: it ends, and is accounted for.
        for at in 0..good.len() - 8 {
            let mut huge = good.clone();
            huge[at..at + 8].copy_from_slice(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]);
            assert!(!read(&huge, &Config::default()).is_empty(), "{name} at {at}");
        }
    }
}

#[test]
fn damaged_tables_end_and_say_so() {
    let parquet = parquet_of(&table(), 2);
    let config = Config::default();
    for at in (0..parquet.len()).step_by(7) {
        let mut damaged = parquet.clone();
        damaged[at] ^= 0x55;
        let folder = Folder::with(&[("a.parquet", &damaged), ("b.parquet", &parquet[..at])]);
        // What is damaged may be a text: then it is read. It ends, and nothing is silent.
        assert!(!read_all(source_of(&folder, "a.parquet").open(&config), &config).0.is_empty(), "{at}");
        let (fetched, _) = read_all(source_of(&folder, "b.parquet").open(&config), &config);
        assert!(matches!(fetched.as_slice(), [Fetched::Rejected(_)]), "cut at {at}: {fetched:?}");
    }
    check(
        "a.parquet",
        b"garbage garbage",
        &[
            "! a damaged: the Parquet file cannot be read: Parquet error: Invalid Parquet file. Corrupt footer",
        ],
    );
}

#[test]
fn a_table_that_vanishes_while_it_is_read_is_rejected() {
    let folder = Folder::with(&[("a.parquet", &parquet_of(&table(), 1))]);
    let config = Config::default();
    let mut fetched = Vec::new();
    source_of(&folder, "a.parquet").open(&config).read(&mut |batch, _| {
        // Rows are read from disk when a batch is parsed.
        std::fs::write(folder.at("a.parquet"), b"").unwrap();
        fetched.extend(batch.parse(&config));
        std::ops::ControlFlow::Continue(())
    });
    assert_eq!(fetched.len(), 3);
    assert!(
        fetched.iter().all(|fetched| shown(fetched).contains("damaged: the Parquet file cannot be read"))
    );
}

#[test]
fn entries_of_feeds_are_documents() {
    let rss = "<rss version='2.0'><channel><title>T</title><item><title>a</title><link>http://a.example/a</link>\
               <description>words</description></item><item><link>http://a.example/b</link></item></channel></rss>";
    check(
        "a.xml",
        rss.as_bytes(),
        &["a:1:: words", "! a:2@2 empty: the entry has no text, only an address: http://a.example/b"],
    );
    check(
        "a.json",
        br#"{"version":"https://jsonfeed.org/version/1.1","title":"T","items":[{"id":"1","content_text":"words"}]}"#,
        &["a:1:: words"],
    );
    let mut bomb = String::from("<!DOCTYPE r [<!ENTITY a0 \"ha\">");
    for at in 1..30 {
        write!(bomb, "<!ENTITY a{at} \"&a{};&a{};\">", at - 1, at - 1).unwrap();
    }
    bomb.push_str("]><rss version='2.0'><channel><title>&a29;</title><item><description>&a29;</description></item></channel></rss>");
    let folder = Folder::with(&[("a.xml", bomb.as_bytes())]);
    let config = Config::default();
    let (fetched, _) = read_all(source_of(&folder, "a.xml").open(&config), &config);
    assert!(fetched.iter().all(|fetched| shown(fetched).len() < 1000), "nothing is expanded");
    let deep = format!("<rss version='2.0'>{}", "<a>".repeat(100_000));
    check("a.xml", deep.as_bytes(), &["! a too-large: elements nested deeper than 128 (xml_depth_max)"]);
}

#[test]
fn layouts_give_fields_their_meaning() {
    let fields = |row: &str, layout: Layout| {
        let folder = Folder::with(&[("a.jsonl", row.as_bytes())]);
        let config = Config { layout, ..Config::default() };
        let (mut fetched, _) = read_all(source_of(&folder, "a.jsonl").open(&config), &config);
        let Some(Fetched::Document(document)) = fetched.pop() else { panic!("{row}") };
        let unecho_model::Fields { url, source, date, lang, metadata, .. } = document.fields;
        let said = |field: Option<String>| field.unwrap_or_else(|| "-".to_owned());
        let names: Vec<String> = metadata.keys().cloned().collect();
        format!("{} {} {} {} {}", said(url), said(source), said(date), said(lang), names.join(","))
    };
    let auto = |row: &str| fields(row, Layout::Auto);
    assert_eq!(
        auto(r#"{"text":"x","id":"1","dump":"d","url":"u","date":"2024","file_path":"f","language":"en"}"#),
        "u - - en crawl_date,dump,file_path"
    );
    assert_eq!(auto(r#"{"text":"x","id":"1","metadata":{"url":"u","date":"2024","n":1}}"#), "u - 2024 - n");
    assert_eq!(
        auto(r#"{"text":"x","id":"1","source":"c4","added":"2024","created":"2020","metadata":{"url":"u"}}"#),
        "u - 2020 - added,dataset"
    );
    assert_eq!(
        auto(r#"{"raw_content":"x","url":"u","source_domain":"s","language":"de","date_download":"2024"}"#),
        "u s - de date_download"
    );
    assert_eq!(auto(r#"{"text":"x","domain":"s","description":"d","url":"u"}"#), "u s - - description");
    assert_eq!(
        auto(
            r#"{"content":"x","warc_headers":{"warc-target-uri":"u"},"metadata":{"identification":{"label":"fr"}}}"#
        ),
        "u - - fr identification,warc_headers"
    );
    assert_eq!(auto(r#"{"text":"x","source":"s","date":"2024","url":"u"}"#), "u s 2024 - ");
    let row = r#"{"text":"x","id":"1","metadata":{"url":"u"}}"#;
    assert_eq!(fields(row, Layout::Plain), "- - - - url");
}
