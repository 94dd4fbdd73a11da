//! `unecho config`: every setting with its value and where it is from, and the schema of the file.

use serde_json::{Map, Value, json};

use super::write_data;
use crate::args::{ConfigArgs, ConfigCommand};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::settings::{Setting, Settings, places};
use crate::table::visible;

pub(crate) fn run(args: &ConfigArgs, settings: &Settings) -> Result<Exit, Failure> {
    let all = settings.all()?;
    match args.command {
        ConfigCommand::Show { json: false } => show(&all)?,
        ConfigCommand::Show { json: true } => {
            let value = |setting: &Setting| json!({ "value": value(setting), "origin": setting.origin });
            let object: Map<String, Value> =
                all.iter().map(|setting| (setting.name.clone(), value(setting))).collect();
            write_data(|stdout| writeln!(stdout, "{:#}", Value::Object(object)))?;
        }
        ConfigCommand::Schema => write_data(|stdout| writeln!(stdout, "{:#}", schema(&all)))?,
    }
    Ok(Exit::Done)
}

/// Prints the settings as a file that would set them so.
fn show(all: &[Setting]) -> Result<(), Failure> {
    let lines: Vec<(String, &str)> = all
        .iter()
        .map(|setting| match value(setting) {
            Value::Null => (format!("# {} is not set", setting.name), setting.origin.as_str()),
            value => (format!("{} = {value}", setting.name), setting.origin.as_str()),
        })
        .collect();
    let width = lines.iter().map(|(line, _)| line.chars().count()).max().unwrap_or_default();
    write_data(|stdout| {
        for place in places() {
            let found = if place.is_file() { "" } else { " (absent)" };
            writeln!(stdout, "# file: {}{found}", visible(&place.display().to_string()))?;
        }
        for (line, origin) in &lines {
            writeln!(stdout, "{line:width$}  # {}", visible(origin))?;
        }
        Ok(())
    })
}

/// The value as a file would have it. JSON strings, numbers and lists of them are TOML as well.
fn value(setting: &Setting) -> Value {
    let one = |text: &String| match text.parse::<f64>() {
        Ok(number) if number.is_finite() => text.parse().unwrap_or(Value::String(text.clone())),
        _ => Value::String(text.clone()),
    };
    if setting.is_list {
        return setting.values.iter().map(one).collect();
    }
    setting.values.first().map_or(Value::Null, one)
}

/// JSON Schema of a settings file.
fn schema(all: &[Setting]) -> Value {
    let one = |setting: &Setting| match setting.choices.as_slice() {
        [] => json!({ "type": ["string", "number", "boolean"] }),
        choices => json!({ "enum": choices }),
    };
    let property = |setting: &Setting| {
        let mut property = one(setting);
        if setting.is_list {
            property = json!({ "anyOf": [one(setting), { "type": "array", "items": one(setting) }] });
        }
        property["description"] = setting.help.clone().into();
        property["default"] = value(setting);
        (setting.name.clone(), property)
    };
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Settings of unecho",
        "type": "object",
        "properties": all.iter().map(property).collect::<Map<_, _>>(),
        "additionalProperties": false,
    })
}
