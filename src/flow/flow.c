extern int flow_placeholder;
