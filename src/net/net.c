extern int net_placeholder;
