# c
FROM localhost/engine-trial/none:1
RUN true
