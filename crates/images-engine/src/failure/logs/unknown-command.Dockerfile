FROM localhost/engine-trial/base:1
RUN nosuchcommand --x
