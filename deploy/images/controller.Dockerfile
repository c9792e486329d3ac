# Controller and watchdog: one program, two roles, two images that share all their layers.
#   docker build -f deploy/images/controller.Dockerfile --target controller -t aviator-controller:dev .
#   docker build -f deploy/images/controller.Dockerfile --target watchdog -t aviator-watchdog:dev .
# Where no registry can be reached, eng/images/aviator.sh gives bases made from distribution packages.
ARG BUILD_BASE=mcr.microsoft.com/dotnet/sdk:10.0
ARG RUNTIME_BASE=mcr.microsoft.com/dotnet/aspnet:10.0-noble-chiseled

FROM ${BUILD_BASE} AS build
WORKDIR /src
COPY . .
RUN sh eng/images/publish.sh controller /out

FROM ${RUNTIME_BASE} AS controller
COPY --from=build /out/app/ /app/
# No ports but the program's own, nothing written anywhere: the root file system can be read-only.
ENV ASPNETCORE_HTTP_PORTS= DOTNET_EnableDiagnostics=0
USER 65532:65532
EXPOSE 9465
ENTRYPOINT ["dotnet", "/app/Aviator.Controller.dll"]

FROM controller AS watchdog
EXPOSE 9466
ENTRYPOINT ["dotnet", "/app/Aviator.Controller.dll", "watchdog"]
