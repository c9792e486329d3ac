using System.Security.Cryptography;
using System.Text;

namespace Aviator.Core.Slices;

/// <summary>The name of a Service's twin, and its labels.</summary>
internal static class TwinNames
{
    /// <summary>
    /// The label of a twin; its value is the name of the Service that it is the twin of. A Service without it was not made by Aviator.
    /// </summary>
    public const string Label = "aviator.io/twin-of";

    /// <summary>Value of the label <c>app.kubernetes.io/managed-by</c> of created objects.</summary>
    public const string Manager = "aviator";

    /// <summary>Longest name of a Service: a DNS label (RFC 1035).</summary>
    public const int MaxLength = 63;

    private const string Suffix = "-aviator";
    private const int HashLength = 8;

    /// <summary><c>&lt;service&gt;-aviator</c>; a longer name is cut, and a hash of the whole takes the place of what was cut.</summary>
    public static string ForService(string service)
    {
        if (service.Length + Suffix.Length <= MaxLength) return service + Suffix;
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(service)))[..HashLength];
        return $"{service[..(MaxLength - Suffix.Length - HashLength - 1)]}-{hash}{Suffix}";
    }

    /// <summary>
    /// The labels that a twin is made with. The Service's own are not among them: by those a ServiceMonitor, for one, would find every pod
    /// twice.
    /// </summary>
    public static LabelSet LabelsOf(string service) => new([new(Label, service), new("app.kubernetes.io/managed-by", Manager)]);
}
