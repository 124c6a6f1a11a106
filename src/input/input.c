extern int input_placeholder;
