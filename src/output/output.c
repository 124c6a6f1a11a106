extern int output_placeholder;
