//! The workflow `preventive-maintenance`, version 1.

use maintenance::preventive::v1::PreventiveMaintenance;
use signalsync_sdk::workflow;

workflow!(PreventiveMaintenance);
