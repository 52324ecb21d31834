FROM localhost/engine-trial/base:1
RUN ["/bin/busybox", "false"]
