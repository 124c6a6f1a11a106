extern int engine_placeholder;
