using System.Numerics;
using Aviator.Core.Measurement;

namespace Aviator.Controller.Collection;

/// <summary>What is counted of an endpoint without a latency, or by how much these counts changed.</summary>
/// <param name="Failures">Requests that failed.</param>
/// <param name="Unmeasured">Exchanges that could not be measured.</param>
/// <param name="ServerErrors">Answers with a status of 500 to 599; among the failures.</param>
/// <param name="Statuses">Answers by the class of their other statuses.</param>
/// <param name="Requests">Requests seen.</param>
internal readonly record struct CounterFigures(
    long Failures, long Unmeasured, long ServerErrors, StatusCounts Statuses, long Requests)
{
    private const int Number = 8;

    /// <summary>Whether any count that windows are made of is negative: as a change, some counter went down.</summary>
    public bool AnyNegative => Failures < 0 || Unmeasured < 0 || ServerErrors < 0 || Statuses.AnyNegative;

    /// <summary>The counts of both.</summary>
    public static CounterFigures operator +(CounterFigures left, CounterFigures right) => new(
        left.Failures + right.Failures, left.Unmeasured + right.Unmeasured, left.ServerErrors + right.ServerErrors,
        left.Statuses + right.Statuses, left.Requests + right.Requests);

    /// <summary>What the left has more than the right.</summary>
    public static CounterFigures operator -(CounterFigures left, CounterFigures right) => new(
        left.Failures - right.Failures, left.Unmeasured - right.Unmeasured, left.ServerErrors - right.ServerErrors,
        left.Statuses - right.Statuses, left.Requests - right.Requests);

    /// <summary>Writes a byte that marks which counts are not zero, and then those.</summary>
    public void Write(ByteWriter output)
    {
        ReadOnlySpan<long> counts =
        [
            Requests, Statuses.Success, Statuses.Redirects, Statuses.ClientErrors, Statuses.Throttled, Failures, ServerErrors, Unmeasured,
        ];
        var marks = 0;
        for (var i = 0; i < Number; i++)
            if (counts[i] != 0)
                marks |= 1 << i;
        output.Byte((byte)marks);
        for (; marks != 0; marks &= marks - 1) output.Signed(counts[BitOperations.TrailingZeroCount(marks)]);
    }

    /// <summary>Reads what was written.</summary>
    public static CounterFigures Read(ref ByteReader input)
    {
        Span<long> counts = stackalloc long[Number];
        for (var marks = (int)input.Byte(); marks != 0; marks &= marks - 1)
            counts[BitOperations.TrailingZeroCount(marks)] = input.Signed();
        return new(counts[5], counts[7], counts[6], new(counts[1], counts[2], counts[3], counts[4]), counts[0]);
    }
}
