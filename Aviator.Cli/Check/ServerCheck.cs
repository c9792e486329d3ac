using System.Text.Json;
using Aviator.Controller.Cluster;
using Aviator.Kubernetes;

namespace Aviator.Cli.Check;

/// <summary>The API server: its version, and that of EndpointSlice and of the policies' definition.</summary>
internal static class ServerCheck
{
    private const int OldestMinor = 20;

    private static readonly ResourceKind Definitions = new("apiextensions.k8s.io", "v1", "customresourcedefinitions", Namespaced: false);

    /// <summary>Looks.</summary>
    public static async IAsyncEnumerable<Finding> FindAsync(
        ApiConnection api, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var version = await api.SendAsync(HttpMethod.Get, "version", cancellationToken: cancellationToken);
        var (text, minor) = (Text(version, "gitVersion"), Text(version, "minor"));
        var number = int.TryParse(string.Concat(minor.TakeWhile(char.IsAsciiDigit)), out var parsed) ? parsed : (int?)null;
        yield return number < OldestMinor
            ? Finding.Fail("server", $"Kubernetes {text} is older than 1.{OldestMinor}.",
                $"Use Kubernetes 1.{OldestMinor} or newer.", "install.md")
            : Finding.Ok("server", $"Kubernetes {text}.");

        var slices = await ApiGroups.VersionsAsync(api, SliceDialect.Group, cancellationToken);
        yield return slices.Contains("v1") || slices.Contains("v1beta1")
            ? Finding.Ok("endpointslices", $"The server has EndpointSlice {(slices.Contains("v1") ? "v1" : "v1beta1")}.")
            : Finding.Fail("endpointslices", "The server has no EndpointSlices, by which Services are steered.",
                "Use a server that serves discovery.k8s.io/v1.", "install.md");
        yield return await DefinitionAsync(api, cancellationToken);
    }

    private static async Task<Finding> DefinitionAsync(ApiConnection api, CancellationToken cancellationToken)
    {
        // By what is served, which everybody may ask for; the definition itself is the administrators' to read.
        var served = await ApiGroups.VersionsAsync(api, AviatorNames.Group, cancellationToken);
        if (served.Count == 0)
        {
            return Finding.Warn("definition", $"The cluster does not know {AviatorNames.Kind} yet: Aviator is not installed.",
                "helm install, or kubectl apply -f config/crd", "install.md");
        }

        if (!served.Contains(AviatorNames.Version))
        {
            return Finding.Fail("definition",
                $"The cluster serves {AviatorNames.Group}/{string.Join(", ", served.Order())}, and this plugin reads "
                    + $"{AviatorNames.Version}.",
                "Use the plugin of the installed release.", "install.md#upgrade");
        }

        try
        {
            using var definition = await api.SendAsync(
                HttpMethod.Get, Definitions.Path(new ObjectKey("", AviatorNames.Definition)), cancellationToken: cancellationToken);
            var isEstablished = definition.RootElement.GetRawText().Contains("\"Established\"", StringComparison.Ordinal);
            return isEstablished
                ? Finding.Ok("definition", $"{AviatorNames.Definition} serves {AviatorNames.Version}.")
                : Finding.Fail("definition", $"{AviatorNames.Definition} is there and not established.",
                    $"kubectl describe crd {AviatorNames.Definition}", "install.md");
        }
        catch (ApiException refusal) when (refusal.IsForbidden || refusal.IsNotFound)
        {
            return Finding.Ok("definition", $"The server serves {AviatorNames.ApiVersion}.");
        }
    }

    private static string Text(JsonDocument document, string field) =>
        document.RootElement.TryGetProperty(field, out var value) ? value.GetString() ?? "" : "";
}
