using Aviator.Cli.Output;
using Aviator.Controller.Api.V1Alpha1;

namespace Aviator.Cli.Status;

/// <summary>One policy with its conditions in words, its pods and its nodes.</summary>
internal static class StatusDetail
{
    /// <summary>Writes it.</summary>
    public static void Write(Session session, StatusReport report, PolicyReport policy)
    {
        var (printer, now) = (session.Printer, session.Now);
        printer.Line(
            $"AviatorPolicy {policy.Namespace}/{policy.Name} of Service {policy.Service}: mode {policy.Mode}, routing {policy.Routing}.");
        if (report.IsLed == false) printer.Line("No controller leads, so what follows is how it was; nothing is decided meanwhile.", "red");
        else printer.Line(policy.Problem ?? "All is as wished.", policy.Problem is null ? "green" : "yellow");
        printer.Line();
        var facts = new Facts(12);
        Fact("controller", report.Controller);
        Fact("in use", $"{policy.ActivePods} of {policy.TotalPods} ready pods, {policy.CircuitBrokenPods} ejected");
        Fact("latency", policy.P99LatencyMs is null
            ? "not measured"
            : $"p99 {Words.Latency(policy.P99LatencyMs)}, mean {Words.Latency(policy.AverageLatencyMs)} over the pods in use");
        Fact("measured by", policy.LatencySource is { } source
            ? $"{source}, {Words.Percent(policy.Coverage) ?? "none"} of the exchanges; the status of "
                + $"{Words.Percent(policy.StatusCoverage) ?? "none"} of the answers was seen"
            : "nothing yet");
        Fact("evaluated", Words.Age(policy.LastEvaluationTime, now) is { } age ? $"{age} ago" : "never");
        if (policy.EstimatedGain is { } gain) AddGain(gain);
        if (policy.Kernel is { } kernel) AddKernel(kernel);
        facts.Write(printer);

        var conditions = new Columns().Text("CONDITION", "SINCE", "REASON", "MESSAGE");
        foreach (var condition in policy.Conditions ?? [])
        {
            conditions.Row(
                new(ConditionJudge.Say(condition), ConditionJudge.IsWell(condition) ? "green" : "red"),
                Words.Age(condition.LastTransitionTime, now), condition.Reason, condition.Message);
        }

        printer.Line();
        conditions.Write(printer);
        if (policy.Pods is not { Count: > 0 } pods) return;
        printer.Line();
        var table = new Columns().Text("POD", "STATE").Numbers("P50", "P99", "IN FLIGHT", "SAMPLES").Text("REASON");
        foreach (var pod in pods)
        {
            table.Row(
                pod.Name, new(pod.State, StateColor.Of(pod.State)), Words.Latency(pod.P50), Words.Latency(pod.P99), Words.Count(pod.Rif),
                Words.Count(pod.Samples), pod.Reason);
        }

        table.Write(printer);
        if (policy.TotalPods > pods.Count)
            printer.Line($"The status lists {pods.Count} of {policy.TotalPods} pods, the ejected and the slowest first.", "grey");

        void AddGain(EstimatedGain enforced)
        {
            Fact("if enforced", GainText.Moved(enforced.MovedShare));
            Fact("", GainText.Latencies(enforced.P50NowMs, enforced.P99NowMs, enforced.P50Ms, enforced.P99Ms));
            Fact("", "Load does not move in this: what more requests do to these pods is left out.");
        }

        void AddKernel(KernelStatus nodes)
        {
            Fact("kernels", $"{nodes.SteeringNodes} nodes steer, {nodes.PassingNodes} leave connections to kube-proxy; "
                + $"{Words.Percent(nodes.SteeredShare) ?? "none"} of the connections were given to a pod");
            foreach (var node in nodes.Passing) Fact("", $"{node.Node}: {node.Reason}");
        }

        void Fact(string what, string text) => facts.Add(what, text);
    }
}
