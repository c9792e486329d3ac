using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Aviator.Kubernetes;
using k8s;

namespace Aviator.Tests.Tooling.Kubernetes;

/// <summary>
/// The API server as an outsider sees it: plain JSON, whatever the version. Of Aviator's own code it uses the names of the API only, so
/// that what it reports is not read by the code that wrote it.
/// </summary>
internal sealed class ClusterApi : IDisposable
{
    private readonly k8s.Kubernetes _client;
    private string? _slices;

    /// <summary>Uses <paramref name="kubeconfig"/>.</summary>
    public ClusterApi(string kubeconfig)
    {
        Kubeconfig = kubeconfig;
        Kubectl = new Kubectl(kubeconfig);
        _client = new k8s.Kubernetes(KubernetesClientConfiguration.BuildConfigFromConfigFile(kubeconfig))
        {
            HttpClient =
            { Timeout = TimeSpan.FromSeconds(20) }
        };
    }

    /// <summary>The kubeconfig file.</summary>
    public string Kubeconfig { get; }

    /// <summary>kubectl on the same cluster.</summary>
    public Kubectl Kubectl { get; }

    /// <summary>The typed client on the same cluster.</summary>
    public IKubernetes Client => _client;

    /// <summary>GETs a path of the API; null when there is no such object.</summary>
    /// <exception cref="HttpRequestException">Any other failure.</exception>
    public async Task<JsonElement?> GetAsync(string path, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(_client.BaseUri, path));
        if (_client.Credentials is { } credentials) await credentials.ProcessHttpRequestAsync(request, cancellationToken);
        using var answer = await _client.HttpClient.SendAsync(request, cancellationToken);
        if (answer.StatusCode == HttpStatusCode.NotFound) return null;
        answer.EnsureSuccessStatusCode();
        return await answer.Content.ReadFromJsonAsync<JsonElement>(cancellationToken);
    }

    /// <summary>The items of a list.</summary>
    public async Task<IReadOnlyList<JsonElement>> ListAsync(string path, CancellationToken cancellationToken) =>
        await GetAsync(path, cancellationToken) is { } list ? [.. list.GetProperty("items").EnumerateArray()] : [];

    /// <summary>A policy as the server holds it; null when there is none.</summary>
    public Task<JsonElement?> PolicyAsync(string ns, string name, CancellationToken cancellationToken) =>
        GetAsync(AviatorNames.Policies.Path(new ObjectKey(ns, name)), cancellationToken);

    /// <summary>The Service's selector and slices at this moment; null when there is no such Service.</summary>
    public async Task<ObservedService?> ShapeAsync(string ns, string service, CancellationToken cancellationToken)
    {
        _slices ??= await GetAsync("apis/discovery.k8s.io/v1", cancellationToken) is null ? "v1beta1" : "v1";
        var slices = await ListAsync(
            $"apis/discovery.k8s.io/{_slices}/namespaces/{ns}/endpointslices?labelSelector=kubernetes.io%2Fservice-name%3D{service}",
                cancellationToken);
        return await GetAsync($"api/v1/namespaces/{ns}/services/{service}", cancellationToken) is { } found
            ? ObservedService.Of(found, slices) : null;
    }

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();
}
