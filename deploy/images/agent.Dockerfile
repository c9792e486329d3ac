# The agent, with its kernel programs built in and libbpf beside it.
#   docker build -f deploy/images/agent.Dockerfile -t aviator-agent:dev .
# Where no registry can be reached, eng/images/aviator.sh gives bases made from distribution packages.
ARG BUILD_BASE=mcr.microsoft.com/dotnet/sdk:10.0
ARG RUNTIME_BASE=mcr.microsoft.com/dotnet/aspnet:10.0-noble-chiseled

FROM ${BUILD_BASE} AS build
WORKDIR /src
COPY . .
RUN sh eng/images/publish.sh agent /out

FROM ${RUNTIME_BASE}
COPY --from=build /out/lib/ /usr/lib/
COPY --from=build /out/app/ /app/
ENV ASPNETCORE_HTTP_PORTS= DOTNET_EnableDiagnostics=0
# Root without capabilities of its own: what it may do is given by whoever starts it (the chart's agent.capabilities).
USER 0:0
EXPOSE 9464
ENTRYPOINT ["dotnet", "/app/Aviator.Agent.dll"]
