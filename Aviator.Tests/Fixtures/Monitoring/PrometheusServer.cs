using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Aviator.Tests.Tooling;
using Aviator.Tests.Tooling.Processes;

namespace Aviator.Tests.Fixtures.Monitoring;

/// <summary>One series of an answer.</summary>
/// <param name="Labels">Its labels; the metric's name is <c>__name__</c>.</param>
/// <param name="Value">Its value at the time of the query.</param>
internal sealed record Sample(IReadOnlyDictionary<string, string> Labels, double Value);

/// <summary>A rule as Prometheus has it.</summary>
/// <param name="Name">The alert.</param>
/// <param name="State">inactive, pending or firing.</param>
/// <param name="Health">unknown before its first evaluation, then ok or err.</param>
/// <param name="Error">What its last evaluation failed with; "" if it did not.</param>
internal sealed record RuleState(string Name, string State, string Health, string Error);

/// <summary>A real Prometheus in a process of its own: on a free port of loopback, with its data in a folder that goes with it.</summary>
internal sealed class PrometheusServer : IAsyncDisposable
{
    /// <summary>What a test says where it cannot be started.</summary>
    public const string Missing = "Prometheus is not installed: apt-get install --no-install-recommends prometheus";

    private const int ScrapeMilliseconds = 1000;

    private readonly string _folder;
    private readonly ChildProcess _process;
    private readonly HttpClient _client;

    private PrometheusServer(string folder, ChildProcess process, Uri address)
    {
        (_folder, _process) = (folder, process);
        _client = new HttpClient { BaseAddress = address, Timeout = TimeLimits.Answer };
    }

    /// <summary>Whether this machine has one.</summary>
    public static bool IsInstalled { get; } = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
        .Any(folder => File.Exists(Path.Combine(folder, "prometheus")));

    /// <summary>Starts one that scrapes and evaluates rules every second, and waits until it answers.</summary>
    /// <param name="targets">What it scrapes.</param>
    /// <param name="rules">A file of rules.</param>
    /// <param name="stop">Ends the wait.</param>
    public static async Task<PrometheusServer> StartAsync(IEnumerable<ScrapeTarget> targets, string rules, CancellationToken stop)
    {
        var folder = Directory.CreateTempSubdirectory("aviator-prometheus-").FullName;
        var file = Path.Combine(folder, "prometheus.yaml");
        await File.WriteAllTextAsync(file, $$"""
            global: {evaluation_interval: {{ScrapeMilliseconds}}ms}
            rule_files: ["{{rules}}"]
            scrape_configs:
            {{string.Concat(targets.Select(target => target.ToYaml(ScrapeMilliseconds)))}}
            """, stop);
        var address = new Uri($"http://127.0.0.1:{FreePort.Find()}");
        var process = ChildProcess.Start("prometheus",
        [
            "prometheus", $"--config.file={file}", $"--storage.tsdb.path={Path.Combine(folder, "data")}",
            $"--web.listen-address={address.Authority}", "--log.level=warn",
        ]);
        var server = new PrometheusServer(folder, process, address);
        try
        {
            await Waiting.UntilAsync("Prometheus to be ready", TimeLimits.ProgramReady, async () =>
            {
                if (process.HasExited) throw new InvalidOperationException($"Prometheus ended at its start:\n{process.Tail()}");
                using var answer = await server._client.GetAsync(new Uri("/-/ready", UriKind.Relative), stop);
                return answer.IsSuccessStatusCode;
            }, stop, () => process.Tail());
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Asks for the present value of an expression.</summary>
    /// <exception cref="InvalidOperationException">Prometheus refuses it, or warns; the message quotes it.</exception>
    public async Task<IReadOnlyList<Sample>> QueryAsync(string expression, CancellationToken stop)
    {
        using var form = new FormUrlEncodedContent([new("query", expression)]);
        using var response = await _client.PostAsync(new Uri("/api/v1/query", UriKind.Relative), form, stop);
        var answer = await response.Content.ReadFromJsonAsync<JsonElement>(stop);
        if (answer.GetProperty("status").GetString() != "success" || answer.TryGetProperty("warnings", out _))
            throw new InvalidOperationException($"{expression}: {answer}");
        return
        [
            .. answer.GetProperty("data").GetProperty("result").EnumerateArray().Select(series => new Sample(
                series.GetProperty("metric").EnumerateObject().ToDictionary(label => label.Name, label => label.Value.GetString()!),
                Number(series.GetProperty("value")[1].GetString()!))),
        ];
    }

    /// <summary>The value of an expression that has just one series.</summary>
    public async Task<double> ValueAsync(string expression, CancellationToken stop)
    {
        var series = await QueryAsync(expression, stop);
        return series.Count == 1 ? series[0].Value
            : throw new InvalidOperationException($"{expression}: {series.Count} series in place of one");
    }

    /// <summary>The rules that it has loaded, and how each stands.</summary>
    public async Task<IReadOnlyList<RuleState>> RulesAsync(CancellationToken stop)
    {
        var answer = await _client.GetFromJsonAsync<JsonElement>(new Uri("/api/v1/rules", UriKind.Relative), stop);
        return
        [
            .. from one in answer.GetProperty("data").GetProperty("groups").EnumerateArray()
               from rule in one.GetProperty("rules").EnumerateArray()
               select new RuleState(
                   rule.GetProperty("name").GetString()!, rule.GetProperty("state").GetString()!, rule.GetProperty("health").GetString()!,
                   rule.TryGetProperty("lastError", out var error) ? error.GetString()! : ""),
        ];
    }

    /// <summary>How its scrapes go, a line for each target: what the last one failed with, or that it is up.</summary>
    public async Task<string> ScrapesAsync(CancellationToken stop)
    {
        var answer = await _client.GetFromJsonAsync<JsonElement>(new Uri("/api/v1/targets?state=active", UriKind.Relative), stop);
        return string.Join('\n', answer.GetProperty("data").GetProperty("activeTargets").EnumerateArray().Select(target =>
            $"{target.GetProperty("scrapeUrl")} is {target.GetProperty("health")}, after {target.GetProperty("lastScrapeDuration")} s: " +
            target.GetProperty("lastError")));
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _process.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private static double Number(string text) => text switch
    {
        "+Inf" => double.PositiveInfinity,
        "-Inf" => double.NegativeInfinity,
        _ => double.Parse(text, CultureInfo.InvariantCulture),
    };
}
