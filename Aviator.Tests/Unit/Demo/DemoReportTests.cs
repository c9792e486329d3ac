using System.Text.Json;
using Aviator.Demo.Report;
using Xunit;

namespace Aviator.Tests.Unit.Demo;

/// <summary>What the demo promises, and the file that says whether it was kept.</summary>
public sealed class DemoReportTests
{
    private static readonly PhaseFigures Good = new()
    {
        P50Ms = 10.2,
        P99Ms = 15,
        SlowShare = 0.0099,
        FastP99Ms = 10,
        Requests = 4000,
        ByPod = new Dictionary<string, int>(),
    };

    private static readonly DemoReport Kept = new()
    {
        Before = Good with { SlowShare = 0.5 },
        After = Good,
        Shifted = Good,
        Released = Good with { SlowShare = 0.5 },
        FailedRequests = 0,
        SteerSeconds = 3.5,
        ShiftSeconds = 6.25,
    };

    [Fact]
    public void Faults_PromisesKept_AreNone() => Assert.Empty(Kept.Faults);

    [Fact]
    public void Faults_EachPromiseBroken_IsNamed()
    {
        Assert.Contains("after steering", Assert.Single((Kept with { After = Good with { SlowShare = 0.01 } }).Faults),
            StringComparison.Ordinal);
        Assert.Contains("after the shift", Assert.Single((Kept with { Shifted = Good with { SlowShare = 0.02 } }).Faults),
            StringComparison.Ordinal);
        Assert.Contains("1.5 times", Assert.Single((Kept with { After = Good with { P99Ms = 15.1 } }).Faults), StringComparison.Ordinal);
        Assert.Contains("2 requests failed", Assert.Single((Kept with { FailedRequests = 2 }).Faults), StringComparison.Ordinal);
        Assert.Equal(2, (Kept with { After = Good with { SlowShare = double.NaN, P99Ms = double.NaN } }).Faults.Count);
    }

    [Fact]
    public async Task Write_Report_HasTheDocumentedFieldsAndNoOthers()
    {
        var stop = TestContext.Current.CancellationToken;
        var path = Path.Combine(Path.GetTempPath(), $"aviator-{Guid.NewGuid():N}", "demo.json");
        try
        {
            await Kept.WriteAsync(path);

            using var json = JsonDocument.Parse(await File.ReadAllTextAsync(path, stop));
            Assert.Equal(["before", "after", "shifted", "released", "failedRequests", "steerSeconds", "shiftSeconds"],
                json.RootElement.EnumerateObject().Select(field => field.Name));
            Assert.Equal(["p50Ms", "p99Ms", "slowShare"],
                json.RootElement.GetProperty("after").EnumerateObject().Select(field => field.Name));
            Assert.Equal((0.0099, 3.5),
                (json.RootElement.GetProperty("after").GetProperty("slowShare").GetDouble(),
                    json.RootElement.GetProperty("steerSeconds").GetDouble()));
        }
        finally
        {
            Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
        }
    }
}
