using System.Diagnostics.CodeAnalysis;

namespace Aviator.Simulation;

/// <summary>
/// An inference engine with continuous batching: a request takes a place in the batch for as long as it has tokens to make, and room in the
/// key-value cache for all of its tokens; who finds none waits, first come, first served. What a token takes does not grow with the batch,
/// and prompts do not hold each other up.
/// </summary>
/// <param name="places">Requests that it works on at the same time.</param>
/// <param name="cache">Tokens that its key-value cache holds.</param>
/// <param name="promptPerSecond">Tokens of a prompt that it reads in a second.</param>
/// <param name="secondsPerToken">Seconds from one token of an answer to the next.</param>
internal sealed class SimulatedEngine(int places, int cache, double promptPerSecond, double secondsPerToken)
{
    /// <summary>No prompt and no answer is longer, in tokens; a cache holds two of them at least.</summary>
    private const int Longest = 8000;

    private readonly Queue<SimulatedRequest> _waiting = new();
    private int _running;
    private int _tokens;

    /// <summary>Lengths of prompts, in tokens.</summary>
    public required Func<Random, double> Prompt { get; init; }

    /// <summary>Lengths of answers, in tokens.</summary>
    public required Func<Random, double> Answer { get; init; }

    /// <summary>What a client gets when.</summary>
    public AnswerForm Form { get; init; }

    /// <summary>Requests that wait for a place.</summary>
    public int Waiting => _waiting.Count;

    /// <summary>Share of the cache in use, 0 to 1.</summary>
    public double CacheUse => (double)_tokens / cache;

    /// <summary>A request comes; its lengths are drawn now.</summary>
    public void Take(SimulatedRequest request, Random random)
    {
        (request.Prompt, request.Answer) = (Length(Prompt), Length(Answer));
        _waiting.Enqueue(request);

        int Length(Func<Random, double> tokens) => (int)Math.Clamp(tokens(random), 1, Longest);
    }

    /// <summary>Takes what has waited longest into the batch, if there is room; gives the seconds to its first token.</summary>
    public bool TryAdmit([NotNullWhen(true)] out SimulatedRequest? request, out double seconds)
    {
        seconds = 0;
        if (!_waiting.TryPeek(out request) || _running == places || _tokens + Size(request) > cache) return false;
        _waiting.Dequeue();
        (_running, _tokens) = (_running + 1, _tokens + Size(request));
        seconds = (request.Prompt / promptPerSecond) + secondsPerToken;
        return true;
    }

    /// <summary>Seconds from a request's first token to its last.</summary>
    public double SecondsToAnswer(SimulatedRequest request) => (request.Answer - 1) * secondsPerToken;

    /// <summary>A request is over: its place and its room are free.</summary>
    public void Release(SimulatedRequest request) => (_running, _tokens) = (_running - 1, _tokens - Size(request));

    private static int Size(SimulatedRequest request) => request.Prompt + request.Answer;
}

/// <summary>What a client gets of an answer, and when: the kernel's latency is the time to the first byte.</summary>
internal enum AnswerForm
{
    /// <summary>Each token when it is there, the answer's head with the first one.</summary>
    HeadWithFirstToken,

    /// <summary>Each token when it is there, the head as soon as the request has come: the kernel sees nothing wait.</summary>
    HeadAtOnce,

    /// <summary>Everything at its end.</summary>
    Whole,
}
