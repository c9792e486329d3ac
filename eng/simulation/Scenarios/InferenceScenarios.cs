namespace Aviator.Simulation;

/// <summary>
/// Pods that are inference engines: prompts and answers of log-normal length, the time to the first token is what counts. They have a table
/// of their own, by the arms of <see cref="Arm.Inference"/>.
/// </summary>
internal static class InferenceScenarios
{
    /// <summary>In tokens; 820 on average.</summary>
    private static readonly Func<Random, double> Prompt = Latency.LogNormal(500, 1);

    /// <summary>In tokens; 225 on average.</summary>
    private static readonly Func<Random, double> Answer = Latency.LogNormal(150, 0.9);

    public static IReadOnlyList<ScenarioDefinition> All { get; } =
    [
        Of("equal engines", "8 engines with 32 places, 4.5 s each request on average, 80 % load", 45, i => Large()),
        Of("equal engines, head at once", "the same, and the head of an answer is sent before the first token", 45,
            i => Large(AnswerForm.HeadAtOnce)),
        Of("unlike engines 60 %", "4 such engines and 4 with 8 places, 6.9 s each request; 60 % load", 19.7, i => Unlike(i)),
        Of("unlike engines 80 %", "the same at 80 % load", 26.3, i => Unlike(i)),
        Of("unlike engines, head at once", "the same at 80 % load, and the head of an answer is sent before the first token", 26.3,
            i => Unlike(i, AnswerForm.HeadAtOnce)),
        Of("unlike engines, whole answers", "the same at 80 % load, and each answer is sent when it is complete", 26.3,
            i => Unlike(i, AnswerForm.Whole)),
        Of("one slow engine", "8 engines with 32 places; one of them takes 3 times as long for a token; 70 % load", 35.8,
            i => Large(slower: i == 0 ? 3 : 1)),
        Of("small caches", "8 engines with 32 places; the caches of 4 hold 16 requests on average, those of the others 76; 60 % load", 25.4,
            i => Large(cache: i < 4 ? 17_000 : 80_000)),
    ];

    private static ScenarioDefinition Of(string name, string description, double rate, Func<int, SimulatedEngine> engine) =>
        new(name, description + "; steady state")
        {
            Pods = () => Enumerable.Range(0, 8).Select(i => new SimulatedPod($"p{i:000}", Latency.Steady(1)) { Engine = engine(i) }),
            Rate = rate,
            Policy = Scenario.Policy(5),
            Before = 120,
            Settle = 300,
            Measured = 600,
        };

    private static SimulatedEngine Unlike(int i, AnswerForm form = default) => i < 4 ? Large(form) : Small(form);

    private static SimulatedEngine Large(AnswerForm form = default, double slower = 1, int cache = 80_000) =>
        new(32, cache, 20_000 / slower, 0.02 * slower) { Prompt = Prompt, Answer = Answer, Form = form };

    private static SimulatedEngine Small(AnswerForm form) => new(8, 20_000, 8_000, 0.03) { Prompt = Prompt, Answer = Answer, Form = form };
}
