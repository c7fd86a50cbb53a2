//! Wiring of `report-health`.

use shell::{StartError, run_http, start};

fn main() -> Result<(), StartError> {
    start(run_http("report-health", report_health::router()))
}
