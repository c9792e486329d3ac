using System.Reflection;
using Aviator.AppHost;
using Xunit;

namespace Aviator.Tests.AppHost;

/// <summary>What the AppHost publishes, published once and by its own command line.</summary>
public sealed class PublishedChart : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);
    private readonly SemaphoreSlim _once = new(1);
    private (RenderedChart Published, RenderedChart Shipped)? _charts;
    private string? _skip;

    /// <summary>The published chart's folder.</summary>
    internal string Folder { get; } = Path.Combine(Path.GetTempPath(), $"aviator-publish-{Guid.NewGuid():N}");

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync()
    {
        if (Directory.Exists(Folder)) Directory.Delete(Folder, recursive: true);
        _once.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>
    /// Publishes, and renders this chart and that of deploy/chart. Skips the test where no feed has the package that publishing needs.
    /// </summary>
    internal async Task<(RenderedChart Published, RenderedChart Shipped)> RequireAsync()
    {
        await _once.WaitAsync(Stop);
        try
        {
            if (_skip is null) _charts ??= await PublishAsync();
        }
        finally
        {
            _once.Release();
        }

        Assert.SkipWhen(_skip is not null, _skip ?? "");
        return _charts!.Value;
    }

    private async Task<(RenderedChart, RenderedChart)?> PublishAsync()
    {
        var configuration = typeof(PublishedChart).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;
        var host = Checkout.File("Aviator.AppHost", "bin", configuration, "net10.0", "Aviator.AppHost.dll");
        string output;
        try
        {
            output = await Tool.RunAsync(["dotnet", host, "--operation", "publish", "--step", "publish", "--output-path", Folder], Limit,
                Stop);
        }
        catch (InvalidOperationException fault) when (fault.Message.Contains(PublishingProject.MissingPackage, StringComparison.Ordinal))
        {
            _skip = PublishingProject.MissingPackage;
            return null;
        }

        // Its exit code is 0 even where a step failed, so the files tell.
        Assert.True(File.Exists(Path.Combine(Folder, "Chart.yaml")), $"nothing was published: {output}");
        var published = await RenderedChart.OfAsync(Folder, Stop, "secrets.redis.redis_password=letters");
        return (published, await RenderedChart.OfAsync(Checkout.File("deploy", "chart", "aviator"), Stop));
    }
}
