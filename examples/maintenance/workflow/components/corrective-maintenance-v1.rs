//! The workflow `corrective-maintenance`, version 1.

use maintenance::corrective::v1::CorrectiveMaintenance;
use signalsync_sdk::workflow;

workflow!(CorrectiveMaintenance);
