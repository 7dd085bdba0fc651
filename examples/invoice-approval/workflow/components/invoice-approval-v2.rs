//! The workflow `invoice-approval`, version 2: whoever approves can ask the requester first.

use invoice_approval::v2::InvoiceApproval;
use signalsync_sdk::workflow;

workflow!(InvoiceApproval);
