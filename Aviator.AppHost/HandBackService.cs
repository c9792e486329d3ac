using System.Runtime.InteropServices;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Aviator.AppHost;

/// <summary>
/// Hands the sample's Service back before the resources end: hosted services stop in the reverse order of their registration, and Aspire's own came
/// first. Without a controller afterwards the Service would stay steered.
/// </summary>
/// <param name="settings">What was set.</param>
/// <param name="logger">Takes the outcome.</param>
internal sealed partial class HandBackService(AppHostSettings settings, ILogger<HandBackService> logger) : IHostedService
{
    /// <summary>The longest wait: own slices outlive a release by 30 s.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(100);

    private bool _stopped;

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _stopped, true)) return;
        // The first Ctrl-C led here; a second one does not wait any longer.
        using var hurry = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var again = PosixSignalRegistration.Create(PosixSignal.SIGINT, _ => hurry.Cancel());
        LogReleasing(settings.Namespace, SampleWorkload.Service);
        try
        {
            await Tool.RunAsync(SampleWorkload.HandBackCommand(settings), Limit, hurry.Token);
            LogReleased(settings.Namespace, SampleWorkload.Service);
        }
        catch (Exception e) when (e is InvalidOperationException or OperationCanceledException)
        {
            LogNotReleased(settings.Namespace, SampleWorkload.Service, e.Message);
        }
    }

    [LoggerMessage(LogLevel.Information, "Deleting the policy and handing Service {Namespace}/{Service} back (half a minute; Ctrl-C again ends at once)")]
    private partial void LogReleasing(string @namespace, string service);

    [LoggerMessage(LogLevel.Information, "Handed Service {Namespace}/{Service} back")]
    private partial void LogReleased(string @namespace, string service);

    [LoggerMessage(LogLevel.Warning, "Service {Namespace}/{Service} may still be steered, and the next start continues with it: {Reason}")]
    private partial void LogNotReleased(string @namespace, string service, string reason);
}

/// <summary>Adds it.</summary>
internal static class HandBack
{
    /// <summary>Adds the service, and the time that it and the resources' end need.</summary>
    public static void HandBackAtTheEnd(this IDistributedApplicationBuilder builder, AppHostSettings settings)
    {
        builder.Services.AddHostedService(services => new HandBackService(settings, services.GetRequiredService<ILogger<HandBackService>>()));
        // The programs are asked to end before this one does; without it the orchestrator ends them after it.
        builder.Configuration["DcpPublisher:WaitForResourceCleanup"] = "true";
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = HandBackService.Limit + TimeSpan.FromSeconds(30));
    }
}
