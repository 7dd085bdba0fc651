//! The workflow `corrective-maintenance`, version 2: a critical asset needs a permit to work.

use maintenance::corrective::v2::CorrectiveMaintenance;
use signalsync_sdk::workflow;

workflow!(CorrectiveMaintenance);
