//! `unecho normalize`: clean documents on stdout, as records or for people.

mod diff;

use unecho_pipeline::Run;

use super::{config_of, write_data};
use crate::args::{NormalizeArgs, Verbosity};
use crate::color::Color;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::progress::Observers;
use crate::signals::Signals;

pub(crate) fn run(args: &NormalizeArgs, verbosity: &Verbosity) -> Result<Exit, Failure> {
    let config = config_of(&args.input)?;
    if args.print_config {
        write_data(|stdout| writeln!(stdout, "{:#}", config.to_json()))?;
        return Ok(Exit::Done);
    }
    let signals = Signals::watch().map_err(|error| Failure::of(Exit::Failed, &error))?;
    let observers = Observers::talking(verbosity);
    let run = Run { observer: &observers, cancelled: &signals.cancelled };
    let normalized = unecho_pipeline::normalize(&args.input.inputs, &config, &run)
        .map_err(|error| Failure::of_run(&error, &signals))?;
    write_data(|stdout| {
        let color = Color::of_stdout();
        for record in &normalized.records {
            if args.diff {
                diff::write(stdout, record, color)?;
                continue;
            }
            serde_json::to_writer(&mut *stdout, record)?;
            stdout.write_all(b"\n")?;
        }
        Ok(())
    })?;
    Ok(if normalized.rejected.is_empty() { Exit::Done } else { Exit::DoneWithRejections })
}
