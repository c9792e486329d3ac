FROM scratch
COPY . /
ENV PATH=/bin
USER 65534:65534
WORKDIR /data
EXPOSE 6379
ENTRYPOINT ["/bin/redis-server"]
CMD ["--bind", "0.0.0.0", "--protected-mode", "no", "--save", "", "--appendonly", "no"]
