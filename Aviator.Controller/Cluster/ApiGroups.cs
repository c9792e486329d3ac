using System.Text.Json;
using Aviator.Kubernetes;

namespace Aviator.Controller.Cluster;

/// <summary>Asks the server what it serves.</summary>
internal static class ApiGroups
{
    /// <summary>The versions of one group; empty when the server does not know the group.</summary>
    public static async Task<IReadOnlySet<string>> VersionsAsync(
        ApiConnection connection, string group, CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await connection.SendAsync(HttpMethod.Get, $"apis/{group}", cancellationToken: cancellationToken);
            return answer.RootElement.TryGetProperty("versions", out var versions) && versions.ValueKind == JsonValueKind.Array
                ? versions.EnumerateArray().Select(version => version.GetProperty("version").GetString()!).ToHashSet(StringComparer.Ordinal)
                : new HashSet<string>();
        }
        catch (ApiException error) when (error.IsNotFound)
        {
            return new HashSet<string>();
        }
    }
}
