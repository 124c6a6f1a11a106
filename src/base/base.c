extern int base_placeholder;
