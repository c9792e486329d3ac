using System.Globalization;

namespace Aviator.Tests.Cluster.Figures;

/// <summary>A program's <c>/metrics</c> at one moment.</summary>
internal sealed class MetricsPage
{
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(10) };

    private readonly List<(string Name, string Labels, double Value)> _series = [];

    private MetricsPage(string text)
    {
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            if (line.IsEmpty || line[0] == '#') continue;
            // NAME{LABELS} VALUE [TIME]: no label's value here holds a brace.
            var (open, close) = (line.IndexOf('{'), line.IndexOf('}'));
            var name = open < 0 ? line[..line.IndexOf(' ')] : line[..open];
            var rest = (open < 0 ? line[name.Length..] : line[(close + 1)..]).Trim();
            var value = rest.IndexOf(' ') is >= 0 and var end ? rest[..end] : rest;
            _series.Add((
                name.ToString(), open < 0 ? "" : line[(open + 1)..close].ToString(), double.Parse(value, CultureInfo.InvariantCulture)));
        }
    }

    /// <summary>Reads it.</summary>
    public static async Task<MetricsPage> ReadAsync(Uri program, CancellationToken stop) =>
        new(await Http.GetStringAsync(new Uri(program, "/metrics"), stop));

    /// <summary>The sum of a metric's series whose labels contain a text.</summary>
    public double Sum(string name, string labels = "") => Of(name, labels).Sum(series => series.Value);

    /// <summary>How many series a metric has.</summary>
    public int Count(string name) => Of(name, "").Count();

    /// <summary>The counts of a histogram since an earlier page, by the buckets' upper bounds in ascending order, cumulative.</summary>
    public IReadOnlyList<(double Bound, double Count)> BucketsSince(MetricsPage earlier, string name)
    {
        var before = earlier.Buckets(name);
        return [.. Buckets(name).OrderBy(bucket => bucket.Key)
            .Select(bucket => (bucket.Key, bucket.Value - before.GetValueOrDefault(bucket.Key)))];
    }

    private Dictionary<double, double> Buckets(string name) => Of($"{name}_bucket", "")
        .GroupBy(series => Bound(series.Labels)).ToDictionary(bucket => bucket.Key, bucket => bucket.Sum(series => series.Value));

    private IEnumerable<(string Name, string Labels, double Value)> Of(string name, string labels) =>
        _series.Where(series => series.Name == name && series.Labels.Contains(labels, StringComparison.Ordinal));

    private static double Bound(string labels)
    {
        const string label = "le=\"";
        var start = labels.IndexOf(label, StringComparison.Ordinal) + label.Length;
        var text = labels[start..labels.IndexOf('"', start)];
        return text == "+Inf" ? double.PositiveInfinity : double.Parse(text, CultureInfo.InvariantCulture);
    }
}
