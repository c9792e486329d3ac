using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Aviator.AppHost;

/// <summary>
/// Shows on the console what the dashboard shows: a line for each resource that changes its state, what it waits for, the end of the log of
/// one that failed, and last, when nothing is pending any more, the dashboard's address.
/// </summary>
/// <param name="model">The resources.</param>
/// <param name="notifications">Their states.</param>
/// <param name="logs">Their logs.</param>
/// <param name="configuration">Has the dashboard's address and its token.</param>
/// <param name="lifetime">Says when the end begins, of which the console shows no states.</param>
internal sealed class ConsoleProgress(
    DistributedApplicationModel model,
    ResourceNotificationService notifications,
    ResourceLoggerService logs,
    IConfiguration configuration,
    IHostApplicationLifetime lifetime) : BackgroundService
{
    private const int LogLines = 5;
    private readonly Dictionary<string, ResourceProgress> _progress = [];
    private bool _shownAll;

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        foreach (var resource in model.Resources.Where(r => r is not ParameterResource))
            _progress[resource.Name] = new(ProgressStage.Pending, "");
        await foreach (var change in notifications.WatchAsync(lifetime.ApplicationStopping))
        {
            if (!_progress.TryGetValue(change.Resource.Name, out var known)) continue;
            if (change.Snapshot.IsHidden) _progress.Remove(change.Resource.Name);
            else await ShowAsync(change, known, stoppingToken);
            ShowAll();
        }
    }

    private async Task ShowAsync(ResourceEvent change, ResourceProgress known, CancellationToken stop)
    {
        var now = ResourceProgress.Of(change.Snapshot, Awaited(change.Resource));
        if (now == known) return;
        _progress[change.Resource.Name] = now;
        Say($"{change.Resource.Name,-12} {now.Description}");
        if (now.Stage == ProgressStage.Failed) await ShowLogAsync(change.ResourceId, stop);
    }

    private static void Say(string line) =>
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{TimeProvider.System.GetLocalNow():HH:mm:ss}  {line}"));

    private string[] Awaited(IResource resource) =>
    [
        .. resource.Annotations.OfType<WaitAnnotation>().Select(a => a.Resource.Name).Distinct()
            .Where(name => _progress.TryGetValue(name, out var progress) && progress.Stage != ProgressStage.Ready),
    ];

    private async Task ShowLogAsync(string resourceId, CancellationToken stop)
    {
        var lines = new List<LogLine>();
        await foreach (var batch in logs.GetAllAsync(resourceId).WithCancellation(stop)) lines.AddRange(batch);
        // Of an exception, the message; the dashboard has the rest.
        foreach (var line in lines.TakeLast(LogLines)) Console.WriteLine($"          | {line.Content.Split('\n')[0]}");
    }

    private void ShowAll()
    {
        if (_shownAll || _progress.Values.Any(p => p.Stage == ProgressStage.Pending)) return;
        _shownAll = true;
        var failed = _progress.Where(p => p.Value.Stage == ProgressStage.Failed).Select(p => p.Key).ToArray();
        Say(failed.Length == 0
            ? "Everything is up. Ctrl-C hands the Service back and ends it all."
            : $"Not running: {string.Join(", ", failed)}. Fix the cause and start them again from the dashboard. Ctrl-C ends it all.");
        if (DashboardAddress() is { } address) Console.WriteLine($"\n  Dashboard: {address}\n");
    }

    /// <summary>With the token that logs in; null without a dashboard.</summary>
    private string? DashboardAddress()
    {
        var address = configuration["ASPNETCORE_URLS"]?.Split(';')[0].TrimEnd('/');
        return configuration["AppHost:BrowserToken"] is { Length: > 0 } token && address is { Length: > 0 }
            ? $"{address}/login?t={token}"
            : null;
    }
}

/// <summary>Adds it.</summary>
internal static class ConsoleProgressExtensions
{
    /// <summary>
    /// Adds the lines on the console. What cannot start ends in a state that says so: nothing waits for it without an end.
    /// </summary>
    public static void ShowProgressOnConsole(this IDistributedApplicationBuilder builder)
    {
        builder.Services.Configure<ResourceNotificationServiceOptions>(
            options => options.DefaultWaitBehavior = WaitBehavior.StopOnResourceUnavailable);
        // The first of the hosted services, since Aspire's own start only returns when most is up.
        builder.Services.Insert(0, ServiceDescriptor.Singleton<IHostedService, ConsoleProgress>());
    }
}
