//! The workflow `preventive-maintenance`, version 2: a defect that is found is repaired.

use maintenance::preventive::v2::PreventiveMaintenance;
use signalsync_sdk::workflow;

workflow!(PreventiveMaintenance);
