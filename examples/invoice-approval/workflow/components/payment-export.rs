//! The mapping `payment-export`: an approved invoice becomes a payment.

use signalsync_sdk::mapping;

mapping!(invoice_approval::export);
