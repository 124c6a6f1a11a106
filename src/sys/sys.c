extern int sys_placeholder;
