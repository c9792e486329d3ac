using System.Text.Json;
using Aviator.Core.Slices;
using Aviator.Kubernetes;
using k8s.Models;

namespace Aviator.Controller.Steering;

/// <summary>
/// The only place that creates, changes and deletes twins. What exists is touched only at the version that it was decided on.
/// </summary>
/// <param name="connection">The API server.</param>
internal sealed class TwinApi(ApiConnection connection)
{
    /// <summary>Makes the twin of a Service.</summary>
    /// <returns>UID and version of the new Service.</returns>
    /// <exception cref="ApiException">The server refused; a conflict means that something of that name is there.</exception>
    public Task<(string Uid, string Version)> CreateAsync(ServiceShape source, CancellationToken cancellationToken) =>
        SendAsync(
            HttpMethod.Post, $"{ResourceKind.Services.Path(source.Namespace)}?fieldManager={AviatorNames.FieldManager}",
            TwinBody.Create(source), ApiConnection.Json, cancellationToken);

    /// <summary>Brings the twin in step with its Service.</summary>
    /// <inheritdoc cref="CreateAsync"/>
    public Task<(string Uid, string Version)> AlignAsync(ServiceShape source, ServiceShape twin, CancellationToken cancellationToken) =>
        SendAsync(
            HttpMethod.Patch, $"{Path(twin)}?fieldManager={AviatorNames.FieldManager}", TwinBody.Align(source, twin),
            ApiConnection.MergePatch, cancellationToken);

    /// <summary>Deletes the twin.</summary>
    /// <inheritdoc cref="CreateAsync"/>
    public async Task DeleteAsync(ServiceShape twin, CancellationToken cancellationToken)
    {
        var version = new V1Preconditions { Uid = twin.Uid, ResourceVersion = twin.ResourceVersion };
        var options = new V1DeleteOptions { Preconditions = version };
        using var answer = await connection.SendAsync(HttpMethod.Delete, Path(twin), options, cancellationToken: cancellationToken);
    }

    private static string Path(ServiceShape twin) => ResourceKind.Services.Path(new ObjectKey(twin.Namespace, twin.Name));

    private async Task<(string Uid, string Version)> SendAsync(
        HttpMethod method, string path, object body, string type, CancellationToken cancellationToken)
    {
        using var answer = await connection.SendAsync(method, path, body, type, cancellationToken);
        var metadata = answer.RootElement.GetProperty("metadata");
        return (Text(metadata, "uid"), Text(metadata, "resourceVersion"));
    }

    private static string Text(JsonElement of, string name) => of.GetProperty(name).GetString()!;
}
