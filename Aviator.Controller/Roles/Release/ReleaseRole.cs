using System.Diagnostics.Metrics;
using System.Runtime.InteropServices;
using Aviator.Controller.Leadership;
using Aviator.Controller.Policies;
using Aviator.Controller.Telemetry;
using Aviator.Kubernetes;
using Aviator.ServiceDefaults;
using Microsoft.Extensions.Options;

namespace Aviator.Controller.Roles.Release;

/// <summary>Releases every steered Service once and ends: what runs before an uninstall.</summary>
internal static class ReleaseRole
{
    /// <summary>Runs it.</summary>
    /// <param name="args">The command line after the role's name.</param>
    /// <returns>0 when everything was released, 1 when not.</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        var builder = Host.CreateApplicationBuilder(
            new HostApplicationBuilderSettings { Args = args, ContentRootPath = AppContext.BaseDirectory });
        builder.Configuration.AddCommandLine(args, new Dictionary<string, string>
        {
            ["--kubeconfig"] = "Aviator:Kubeconfig",
            ["--context"] = "Aviator:Context",
            ["--namespace"] = "Aviator:Namespace",
            ["--lease-namespace"] = "Aviator:LeaderElection:LeaseNamespace",
            ["--timeout"] = "Release:Timeout",
            ["--deployment"] = "Release:Deployment",
        });
        builder.Logging.AddConsoleLines();
        var services = builder.Services;
        services.AddMetrics();
        services.AddSingleton<IValidateOptions<ControllerOptions>, ControllerOptionsValidator>();
        services.AddOptions<ControllerOptions>().BindConfiguration(ControllerOptions.Section);
        services.AddOptions<LeaderElectionOptions>().BindConfiguration(LeaderElectionOptions.Section);
        services.AddSingleton<IValidateOptions<ReleaseOptions>, ReleaseOptionsValidator>();
        services.AddOptions<ReleaseOptions>().BindConfiguration(ReleaseOptions.Section);

        using var host = builder.Build();
        var controller = host.Services.GetRequiredService<IOptions<ControllerOptions>>().Value;
        var election = host.Services.GetRequiredService<IOptions<LeaderElectionOptions>>().Value;
        var lease = LeaseName.Resolve(election.LeaseName, election.LeaseNamespace, $"{LeaderElectionOptions.Section}:LeaseNamespace");
        using var client = ClusterAccess.Connect(controller.Kubeconfig, controller.Context);
        using var metrics = new ControllerMetrics(host.Services.GetRequiredService<IMeterFactory>());
        using var asked = new CancellationTokenSource();
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);

        var connection = new ApiConnection(client, TimeProvider.System);
        var loggers = host.Services.GetRequiredService<ILoggerFactory>();
        var policies = new UnattendedPolicies(connection, metrics, controller.Namespace, loggers.CreateLogger<UnattendedPolicies>());
        var run = new ReleaseRun(connection, controller.Namespace, policies, loggers, Console.Out.WriteLine);
        var options = host.Services.GetRequiredService<IOptions<ReleaseOptions>>().Value;
        return await run.RunAsync(lease, options, new PolicyFinalizer(connection, metrics), asked.Token) ? 0 : 1;

        void End(PosixSignalContext signal)
        {
            signal.Cancel = true;
            asked.Cancel();
        }
    }
}
