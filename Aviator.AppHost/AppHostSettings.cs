using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace Aviator.AppHost;

/// <summary>
/// What can be set, under the names and in the place of Aspire's parameters: section <c>Parameters</c> of the configuration,
/// so <c>Parameters__rate=100</c> in the environment or <c>--Parameters:rate=100</c> on the command line.
/// </summary>
internal sealed record AppHostSettings
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Parameters";

    /// <summary>Namespace of the sample workload, and the only one that controller and watchdog work in.</summary>
    public string Namespace { get; init; } = "aviator-demo";

    /// <summary>Requests per second of the load generator, each on a new connection; 1 to 1000.</summary>
    public double Rate { get; init; } = 50;

    /// <summary>
    /// Where latencies come from: <c>auto</c>, <c>ebpf</c> or <c>probe</c>; not set, <c>auto</c> for root and <c>probe</c> otherwise.
    /// </summary>
    public string Source { get; init; } = Environment.IsPrivilegedProcess ? "auto" : "probe";

    /// <summary>The node whose pods are measured; not set, the cluster's first.</summary>
    public string? Node { get; init; }

    /// <summary>
    /// <c>current</c> is the cluster of the kubeconfig in use, <c>test</c> that of eng/cluster, which is brought up when it is down.
    /// </summary>
    public string Cluster { get; init; } = "current";

    /// <summary>
    /// What runs Redis: <c>container</c>, <c>server</c> (this machine's redis-server), <c>none</c>, or <c>auto</c>: the first of them that
    /// works here.
    /// </summary>
    public string Redis { get; init; } = "auto";

    /// <summary>Reads and checks them.</summary>
    /// <exception cref="ArgumentException">A value is not acceptable; the message names the parameter and what it may be.</exception>
    public static AppHostSettings From(IConfiguration configuration)
    {
        var section = configuration.GetSection(Section);
        var unset = new AppHostSettings();
        return new AppHostSettings
        {
            Namespace = Given("namespace") is { } ns ? Namespaced(ns) : unset.Namespace,
            Rate = Given("rate") is { } rate ? Number("rate", rate, 1, 1000) : unset.Rate,
            Source = Given("source") is { } source ? OneOf("source", source, "auto", "ebpf", "probe") : unset.Source,
            Node = Given("node"),
            Cluster = Given("cluster") is { } cluster ? OneOf("cluster", cluster, "current", "test") : unset.Cluster,
            Redis = Given("redis") is { } redis ? OneOf("redis", redis, "auto", "container", "server", "none") : unset.Redis,
        };

        string? Given(string name) => section[name] is { Length: > 0 } value ? value : null;
    }

    private static string Namespaced(string value) =>
        Checked("namespace", value, IsNamespace, "a namespace's name: lower-case letters, digits and -, at most 63");

    private static bool IsNamespace(string value) =>
        value.Length <= 63 && value.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-')
            && value[0] != '-' && value[^1] != '-';

    private static double Number(string name, string value, double least, double most) =>
        double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
            ? number
            : throw Fault(name, value, string.Create(CultureInfo.InvariantCulture, $"a number from {least} to {most}"));

    private static string OneOf(string name, string value, params string[] known) =>
        Checked(name, value, known.Contains, string.Join(", ", known));

    private static string Checked(string name, string value, Func<string, bool> isGood, string expected) =>
        isGood(value) ? value : throw Fault(name, value, expected);

    private static ArgumentException Fault(string name, string value, string expected) =>
        new($"{Section}:{name}: \"{value}\" is not {expected}");
}
