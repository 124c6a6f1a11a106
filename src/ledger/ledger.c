extern int ledger_placeholder;
