using Aviator.Tests.Tooling;
using Xunit;

namespace Aviator.Tests.Fixtures;

/// <summary>Waits, with a limit, for a condition that nothing announces.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    /// <summary>Asks <paramref name="condition"/> again and again until it holds.</summary>
    /// <param name="condition">What is waited for.</param>
    /// <param name="what">The same in words, for the failure's message.</param>
    /// <param name="limit">The longest wait; null for <see cref="TimeLimits.InProcess"/>.</param>
    public static Task TrueAsync(Func<bool> condition, string what, TimeSpan? limit = null) =>
        TrueAsync(() => Task.FromResult(condition()), what, limit);

    /// <inheritdoc cref="TrueAsync(Func{bool}, string, TimeSpan?)"/>
    public static Task TrueAsync(Func<Task<bool>> condition, string what, TimeSpan? limit = null) =>
        Waiting.UntilAsync(what, limit ?? TimeLimits.InProcess, condition, TestContext.Current.CancellationToken, pause: Pause);
}
