using System.Reflection;

namespace Steward.Grains.Tests.Hosting;

/// <summary>A grain outside of any silo, all of whose methods are answered by one function.</summary>
public class FakeGrain : DispatchProxy
{
    private Func<MethodInfo, object?[], object> _answer = (_, _) => Task.CompletedTask;

    internal static T Of<T>(Func<MethodInfo, object?[], object> answer)
        where T : class
    {
        var grain = Create<T, FakeGrain>();
        ((FakeGrain)(object)grain)._answer = answer;
        return grain;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => _answer(targetMethod!, args ?? []);
}
