using System.Security.Cryptography.X509Certificates;
using System.Text;
using Aviator.Controller.Autoscaling;
using k8s;
using k8s.Models;
using Xunit;

namespace Aviator.Tests.Unit.Chart;

/// <summary>
/// The figures for autoscalers, as the chart installs them: off unless asked for, and then with all that the API server needs.
/// </summary>
public sealed class ChartAutoscalingTests
{
    private const string On = "controller.autoscaling.enabled=true";
    private const string Name = "aviator-autoscaling";

    [Fact]
    public async Task Autoscaling_Unasked_IsNotThere()
    {
        var text = await Helm.TemplateAsync(Helm.Current);
        Assert.DoesNotContain("autoscaling", text, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("APIService", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Helm.Oldest)]
    [InlineData(Helm.Current)]
    public async Task Autoscaling_On_ServesTheExternalMetricsByAnAuthorityOfItsOwn(string kubernetes)
    {
        var objects = await Helm.RenderAsync(kubernetes, On);
        var api = Assert.Single(objects.OfType<V1APIService>());
        Assert.Equal($"v1beta1.{AutoscalingRoute.Group}", api.Metadata.Name);
        Assert.Equal((AutoscalingRoute.Group, "v1beta1"), (api.Spec.Group, api.Spec.Version));
        Assert.Null(api.Spec.InsecureSkipTLSVerify);

        var service = Only<V1Service>(objects);
        Assert.Equal((service.Metadata.Name, service.Metadata.NamespaceProperty),
            (api.Spec.Service.Name, api.Spec.Service.NamespaceProperty));
        Assert.Equal(api.Spec.Service.Port, Assert.Single(service.Spec.Ports).Port);
        var secret = Only<V1Secret>(objects);
        Assert.Equal(api.Spec.CaBundle, secret.Data["ca.crt"]);
        using var authority = X509Certificate2.CreateFromPem(Encoding.UTF8.GetString(secret.Data["ca.crt"]));
        using var certificate = X509Certificate2.CreateFromPem(
            Encoding.UTF8.GetString(secret.Data["tls.crt"]), Encoding.UTF8.GetString(secret.Data["tls.key"]));
        Assert.True(certificate.MatchesHostname($"{Name}.aviator-system.svc"));
        using var chain = new X509Chain { ChainPolicy = { TrustMode = X509ChainTrustMode.CustomRootTrust } };
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.CustomTrustStore.Add(authority);
        Assert.True(chain.Build(certificate));
    }

    /// <summary>The leader alone writes where the Service leads: a selector would send requests to standbys.</summary>
    [Fact]
    public async Task Autoscaling_Service_IsLeftToTheLeader()
    {
        var objects = await Helm.RenderAsync(Helm.Current, On);
        Assert.Null(Only<V1Service>(objects).Spec.Selector);
        Assert.Null(Only<V1Endpoints>(objects).Subsets);
        var rule = Assert.Single(Only<V1Role>(objects).Rules);
        Assert.Equal("endpoints", Assert.Single(rule.Resources));
        Assert.Equal(Name, Assert.Single(rule.ResourceNames));
        Assert.Equal("patch", Assert.Single(rule.Verbs));
    }

    /// <summary>A cluster has one provider of the external metrics, and where that is KEDA it stays so.</summary>
    [Fact]
    public async Task Autoscaling_BesideAnotherProvider_ServesKedaAlone()
    {
        var objects = await Helm.RenderAsync(Helm.Current, On, "controller.autoscaling.apiService=false");
        Assert.Empty(objects.OfType<V1APIService>());
        Assert.NotNull(Only<V1Service>(objects));
        Assert.NotNull(Only<V1Secret>(objects));
    }

    [Theory]
    [InlineData("token")]
    [InlineData("open")]
    public async Task Autoscaling_Controller_IsToldWhatItNeeds(string access)
    {
        var objects = await Helm.RenderAsync(Helm.Current, On, $"agent.access.mode={access}", "fullnameOverride=pilot");
        var settings = objects.OfType<V1ConfigMap>().Single(map => map.Metadata.Name == "pilot-controller").Data;
        Assert.Equal(("true", "pilot-autoscaling"),
            (settings["Aviator__Autoscaling__Enabled"], settings["Aviator__Autoscaling__Service"]));
        var pod = Helm.Pods(objects)["pilot-controller"].Spec;
        var container = Assert.Single(pod.Containers);
        Assert.Equal("status.podIP",
            container.Env.Single(variable => variable.Name == "Aviator__Autoscaling__Address").ValueFrom.FieldRef.FieldPath);
        Assert.Contains(container.Ports, port => port.ContainerPort == new AutoscalingOptions().Port);
        var mount = container.VolumeMounts.Single(candidate => candidate.Name == "autoscaling");
        var volume = pod.Volumes.Single(candidate => candidate.Name == mount.Name).Secret;
        Assert.Equal("pilot-autoscaling", volume.SecretName);
        // The authority's certificate is for the API server; its key is nowhere.
        foreach (var file in (string[])["Certificate", "Key"])
            Assert.Contains(volume.Items, item => $"{mount.MountPath}/{item.Path}" == settings[$"Aviator__Autoscaling__{file}File"]);
        Assert.Equal(access == "token", container.VolumeMounts.Any(candidate => candidate.Name == "agent-token"));
    }

    [Fact]
    public async Task Autoscaling_BehindNetworkPolicies_IsReachedByTheApiServer()
    {
        var objects = await Helm.RenderAsync(Helm.Current, On, "networkPolicy.enabled=true", "networkPolicy.nodeCIDRs={10.0.0.0/16}",
            "networkPolicy.metricsFrom[0].namespaceSelector.matchLabels.name=monitoring");
        var policy = objects.OfType<V1NetworkPolicy>().Single(candidate => candidate.Metadata.Name == "aviator-controller");
        var figures = policy.Spec.Ingress.Single(rule => rule.Ports.Single().Port == "9468");
        Assert.Null(figures.FromProperty);
        Assert.NotNull(policy.Spec.Ingress.Single(rule => rule.Ports.Single().Port == "9465").FromProperty);
    }

    private static T Only<T>(IEnumerable<IKubernetesObject<V1ObjectMeta>> objects)
        where T : IKubernetesObject<V1ObjectMeta> => objects.OfType<T>().Single(item => item.Metadata.Name == Name);
}
