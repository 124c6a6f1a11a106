extern int run_placeholder;
