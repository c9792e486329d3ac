using Aviator.AppHost.Cluster;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Aviator.AppHost.Aspire;

/// <summary>Hands the Service back before the resources end: hosted services stop in the reverse order of their registration, and Aspire's own came first.</summary>
/// <param name="parameters">What was set.</param>
/// <param name="logger">Takes the outcome.</param>
internal sealed partial class WithdrawalService(AppHostParameters parameters, ILogger<WithdrawalService> logger) : IHostedService
{
    /// <summary>Own slices outlive a release by 30 s.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(100);

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Tool.RunAsync(Checkout.Command(Topology.Withdrawal(parameters)), Limit, cancellationToken);
            LogReleased(Topology.DemoService);
        }
        catch (Exception e) when (e is InvalidOperationException or OperationCanceledException)
        {
            LogNotReleased(Topology.DemoService, e.Message);
        }
    }

    [LoggerMessage(LogLevel.Information, "Handed Service {Service} back")]
    private partial void LogReleased(string service);

    [LoggerMessage(LogLevel.Warning, "Service {Service} may still be steered, and the next start goes on with it: {Reason}")]
    private partial void LogNotReleased(string service, string reason);
}

/// <summary>Adds it.</summary>
internal static class Withdrawal
{
    /// <summary>Adds the service, and the time that it and the resources' end need.</summary>
    public static void AddWithdrawal(this IServiceCollection services, AppHostParameters parameters)
    {
        services.AddSingleton(parameters);
        services.AddHostedService<WithdrawalService>();
        services.Configure<HostOptions>(options => options.ShutdownTimeout = WithdrawalService.Limit + TimeSpan.FromSeconds(30));
    }
}
