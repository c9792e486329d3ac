using System.Text.Json.Nodes;

namespace Aviator.Tests.Unit.Cli;

/// <summary>Objects as a cluster with a steered Service has them: web with four pods, of which web-4 is ejected.</summary>
internal static class Samples
{
    /// <summary>A policy at work.</summary>
    public static JsonObject Policy(string name = "web", string mode = "Enforce", string routing = "Service") => JsonNode.Parse($$$"""
        {"apiVersion":"aviator.example.com/v1alpha1","kind":"AviatorPolicy",
         "metadata":{"name":"{{{name}}}","namespace":"shop","uid":"uid-policy","generation":2,"creationTimestamp":"2026-11-01T00:00:00Z"},
         "spec":{"targetRef":{"kind":"Service","name":"web"},"mode":"{{{mode}}}","routing":"{{{routing}}}",
                 "circuitBreaker":{"enabled":true,"p99Threshold":"500ms","recoveryInterval":"30s"}},
         "status":{"observedGeneration":2,"lastEvaluationTime":"2026-11-29T02:59:56Z","activePods":3,"totalPods":4,"averageLatencyMs":9.5,
           "p99LatencyMs":21,"circuitBrokenPods":1,"latencySource":"ebpf","coverage":0.98,"statusCoverage":1,
           "podLatencies":[
             {"name":"web-4","podIP":"10.0.0.4","p50":640,"p99":812,"samples":57,"rif":3,
              "state":"Ejected","reason":"ejected: p99 812 ms, limit 500 ms"},
             {"name":"web-3","podIP":"10.0.0.3","p50":9.1,"p99":24,"samples":1201,"rif":1,
              "state":"Selected","reason":"selected: rank 3 of 3"},
             {"name":"web-2","podIP":"10.0.0.2","p50":8.4,"p99":21,"samples":1187,"rif":0,
              "state":"Selected","reason":"selected: rank 2 of 3"},
             {"name":"web-1","podIP":"10.0.0.1","p50":8.2,"p99":20,"samples":1210,"rif":0,
              "state":"Selected","reason":"selected: rank 1 of 3"}],
           "conditions":[
             {"type":"Accepted","status":"True","observedGeneration":2,"lastTransitionTime":"2026-11-29T00:00:00Z",
              "reason":"Accepted","message":"The spec can be carried out."},
             {"type":"Steering","status":"True","observedGeneration":2,"lastTransitionTime":"2026-11-29T00:00:05Z",
              "reason":"Steered","message":"Own slices carry the traffic."},
             {"type":"Degraded","status":"False","observedGeneration":2,"lastTransitionTime":"2026-11-29T00:00:05Z",
              "reason":"Decided","message":"The decision rests on measurements."},
             {"type":"InsufficientTraffic","status":"False","observedGeneration":2,"lastTransitionTime":"2026-11-29T00:00:05Z",
              "reason":"EnoughSamples","message":"Most endpoints can be ranked."},
             {"type":"Ready","status":"True","observedGeneration":2,"lastTransitionTime":"2026-11-29T00:00:05Z",
              "reason":"Steering","message":"Own slices carry the traffic."}]}}
        """)!.AsObject();

    /// <summary>A condition set to something else; Ready follows.</summary>
    public static JsonObject With(this JsonObject policy, string type, string status, string reason, string message)
    {
        foreach (var condition in policy["status"]!["conditions"]!.AsArray().Where(entry =>
            (string?)entry!["type"] == type || (string?)entry["type"] == "Ready"))
        {
            condition!["status"] = (string?)condition["type"] == "Ready" ? "False" : status;
            (condition["reason"], condition["message"]) = (reason, message);
        }

        return policy;
    }

    /// <summary>The Service.</summary>
    public static string Service(bool isKeyed = true, string name = "web") => $$$"""
        {"metadata":{"name":"{{{name}}}"},"spec":{"type":"ClusterIP","clusterIP":"10.96.0.10",
         "clusterIPs":["10.96.0.10"],"ipFamilies":["IPv4"],
         "selector":{"app":"web"{{{(isKeyed ? ",\"aviator.io/steered\":\"true\"" : "")}}}},
         "ports":[{"name":"http","protocol":"TCP","port":80,"targetPort":8080}]}}
        """;

    /// <summary>A pod of it.</summary>
    public static string Pod(string name, int last, bool isReady = true, string app = "web") => $$$"""
        {"metadata":{"name":"{{{name}}}","labels":{"app":"{{{app}}}"}},
         "spec":{"nodeName":"node-1","containers":[{"name":"app","image":"app"}]},
         "status":{"phase":"Running","podIP":"10.0.0.{{{last}}}","podIPs":[{"ip":"10.0.0.{{{last}}}"}],
           "conditions":[{"type":"Ready","status":"{{{(isReady ? "True" : "False")}}}",
           "lastTransitionTime":"2026-11-29T02:50:00Z","reason":"ContainersNotReady","message":"containers with unready status: [app]"}]}}
        """;

    /// <summary>An Event of the policy.</summary>
    public static string Event(
        string name, string reason, string message, string last, string type = "Normal", string kind = "AviatorPolicy",
        string about = "web") => $$$"""
        {"metadata":{"name":"{{{name}}}"},"involvedObject":{"kind":"{{{kind}}}","namespace":"shop","name":"{{{about}}}"},
         "type":"{{{type}}}","reason":"{{{reason}}}","message":"{{{message}}}","count":2,
         "firstTimestamp":"{{{last}}}","lastTimestamp":"{{{last}}}",
         "reportingComponent":"aviator.io/controller"}
        """;

    /// <summary>The cluster with all of them, led by a controller.</summary>
    public static async Task<CliWorld> SteeredAsync()
    {
        var world = (await CliWorld.StartAsync()).Led(TimeSpan.FromSeconds(2));
        world.Cluster.Put(CliWorld.Policies, Policy().ToJsonString()).Put(CliWorld.Services, Service());
        for (var at = 1; at <= 4; at++) world.Cluster.Put(CliWorld.Pods, Pod($"web-{at}", at));
        return world;
    }
}
