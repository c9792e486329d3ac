using Aviator.Kubernetes;

namespace Aviator.Controller.Leadership;

/// <summary>Finds the Lease: where nothing is set it lies beside the own pod.</summary>
internal static class LeaseName
{
    private const string NamespaceFile = "/var/run/secrets/kubernetes.io/serviceaccount/namespace";

    /// <summary>Namespace and name.</summary>
    /// <param name="name">The Lease's name.</param>
    /// <param name="ns">
    /// The namespace that was set; null or empty for that of the own pod (POD_NAMESPACE, else the service account's).
    /// </param>
    /// <param name="setting">The setting that a fault names.</param>
    /// <exception cref="InvalidOperationException">Nothing says which namespace.</exception>
    public static ObjectKey Resolve(string name, string? ns, string setting)
    {
        var ofAccount = File.Exists(NamespaceFile) ? File.ReadAllText(NamespaceFile) : null;
        foreach (var candidate in new[] { ns, Environment.GetEnvironmentVariable("POD_NAMESPACE"), ofAccount })
            if (candidate?.Trim() is { Length: > 0 } found)
                return new(found, name);
        throw new InvalidOperationException(
            $"{setting}: is not set", new FormatException("outside a pod the namespace of the Lease has to be named."));
    }
}
