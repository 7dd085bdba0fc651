//! The workflow `invoice-approval`, version 1.

use invoice_approval::v1::InvoiceApproval;
use signalsync_sdk::workflow;

workflow!(InvoiceApproval);
