using System.Collections.Immutable;
using System.Collections.Concurrent;
using Orleans.Concurrency;
using Orleans.Serialization;

namespace Orleans.Conformance;

[GenerateSerializer]
[Alias("conformance.node")]
public class Node
{
    [Id(0)]
    public string Name { get; set; } = "";

    [Id(1)]
    public List<string> Items { get; init; } = [];

    [Id(2)]
    public Node? Next { get; set; }

    [Id(3)]
    private int _hidden;

    [field: NonSerialized]
    public string NotCarried { get; set; } = "initial";

    public int Hidden => _hidden;

    public Node WithHidden(int value)
    {
        _hidden = value;
        return this;
    }
}

[GenerateSerializer]
[Alias("conformance.derived-node")]
public sealed class DerivedNode : Node
{
    [Id(0)]
    public int Extra { get; set; }
}

[GenerateSerializer]
[Alias("conformance.message")]
public sealed record Message
{
    [Id(0)]
    public required string Text { get; init; }

    [Id(1)]
    public IReadOnlyList<string> Tags { get; init; } = [];

    [Id(2)]
    public IReadOnlyDictionary<string, int> Counts { get; init; } = new Dictionary<string, int>();

    [Id(3)]
    public DateTimeOffset? At { get; init; }

    [Id(4)]
    public Kind Kind { get; init; }

    [field: NonSerialized]
    public string Dropped { get; init; } = "initial";
}

[GenerateSerializer]
[Alias("conformance.positional")]
public sealed record Positional(string First, int Second);

[GenerateSerializer]
[Alias("conformance.point")]
public struct Point
{
    [Id(0)]
    public int X { get; set; }

    [Id(1)]
    public List<int> Path { get; set; }
}

public enum Kind
{
    None,
    Some,
}

[GenerateSerializer]
[Alias("conformance.carried-kind")]
public enum CarriedKind
{
    None,
    Some,
}

[GenerateSerializer]
[Immutable]
[Alias("conformance.frozen")]
public sealed class Frozen
{
    [Id(0)]
    public List<int> Values { get; init; } = [];
}

[GenerateSerializer]
[Alias("conformance.shape")]
public abstract record Shape
{
    [Id(0)]
    public string Name { get; init; } = "";
}

[GenerateSerializer]
[Alias("conformance.circle")]
public sealed record Circle : Shape
{
    [Id(0)]
    public double Radius { get; init; }
}

public sealed class Plain
{
    public int Value { get; set; }
}

/// <summary>Belongs to someone else, so it goes by a surrogate.</summary>
public sealed class Foreign(string secret)
{
    public string Secret { get; } = secret;
}

[GenerateSerializer]
[Alias("conformance.foreign-surrogate")]
public struct ForeignSurrogate
{
    [Id(0)]
    public string Secret { get; set; }
}

[RegisterConverter]
public sealed class ForeignConverter : IConverter<Foreign, ForeignSurrogate>
{
    public Foreign ConvertFromSurrogate(in ForeignSurrogate surrogate) => new(surrogate.Secret + "!");

    public ForeignSurrogate ConvertToSurrogate(in Foreign value) => new() { Secret = value.Secret };
}

[GenerateSerializer]
[Alias("conformance.error")]
public sealed class CarriedException(string message, string code) : Exception(message)
{
    [Id(0)]
    public string Code { get; private set; } = code;

    [Id(1)]
    public TimeSpan? RetryAfter { get; init; }

    [field: NonSerialized]
    public string NotCarried { get; init; } = "initial";
}

public sealed class UncarriedException(string message) : Exception(message)
{
}

[Alias("conformance.copies")]
public interface ICopyGrain : IGrainWithStringKey
{
    [Alias("keep")]
    Task<Node> Keep(Node node);

    [Alias("kept")]
    Task<Node> Kept();

    [Alias("change-kept")]
    Task ChangeKept(string name);

    [Alias("any")]
    Task<object?> Any(object? value);

    [Alias("message")]
    Task<Message> Message(Message message);

    [Alias("positional")]
    Task<Positional> Positional(Positional value);

    [Alias("point")]
    Task<Point> Point(Point value);

    [Alias("shape")]
    Task<Shape> Shape(Shape value);

    [Alias("foreign")]
    Task<Foreign> Foreign(Foreign value);

    [Alias("list")]
    Task<IReadOnlyList<string>> List(IReadOnlyList<string> value);

    [Alias("throw")]
    Task Throw(string kind);

    [Alias("isolated")]
    Task<string> Isolated(string other);

    [Alias("same-immutable")]
    Task<bool> SameImmutable(string other);

    [Alias("same-wrapped")]
    Task<bool> SameWrapped(string other);

    [Alias("same-parameter")]
    Task<bool> SameParameter(string other);

    [Alias("receive-frozen")]
    Task<int> ReceiveFrozen(Frozen value);

    [Alias("receive-wrapped")]
    Task<int> ReceiveWrapped(Immutable<List<int>> value);

    [Alias("receive-parameter")]
    Task<int> ReceiveParameter([Immutable] List<int> value);

    [Alias("shared")]
    Task<bool> Shared(List<Node> nodes);

    [Alias("return-plain")]
    Task<object> ReturnPlain();
}

public sealed class CopyGrain : Grain, ICopyGrain
{
    private Node _kept = new();

    public Task<Node> Keep(Node node)
    {
        _kept = node;
        return Task.FromResult(_kept);
    }

    public Task<Node> Kept() => Task.FromResult(_kept);

    public Task ChangeKept(string name)
    {
        _kept.Name = name;
        return Task.CompletedTask;
    }

    public Task<object?> Any(object? value) => Task.FromResult(value);

    public Task<Message> Message(Message message) => Task.FromResult(message);

    public Task<Positional> Positional(Positional value) => Task.FromResult(value);

    public Task<Point> Point(Point value) => Task.FromResult(value);

    public Task<Shape> Shape(Shape value) => Task.FromResult(value);

    public Task<Foreign> Foreign(Foreign value) => Task.FromResult(value);

    public Task<IReadOnlyList<string>> List(IReadOnlyList<string> value) => Task.FromResult(value);

    public Task Throw(string kind) => throw kind switch
    {
        "carried" => new CarriedException("told", "code-7") { RetryAfter = TimeSpan.FromSeconds(3), NotCarried = "set" },
        "nested" => new InvalidOperationException("outer", new ArgumentException("inner")),
        "aggregate" => new AggregateException("many", new InvalidOperationException("one"), new TimeoutException("two")),
        "data" => WithData(),
        _ => new UncarriedException("odd"),
    };

    public async Task<string> Isolated(string other)
    {
        var sent = new Node { Name = "sent" };
        var grain = GrainFactory.GetGrain<ICopyGrain>(other);
        var back = await grain.Keep(sent);
        sent.Name = "changed";
        back.Name = "changed too";
        return (await grain.Kept()).Name;
    }

    public async Task<bool> SameImmutable(string other)
    {
        var value = new Frozen { Values = [1] };
        return await GrainFactory.GetGrain<ICopyGrain>(other).ReceiveFrozen(value) == System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(value);
    }

    public async Task<bool> SameWrapped(string other)
    {
        var value = new List<int> { 1 };
        return await GrainFactory.GetGrain<ICopyGrain>(other).ReceiveWrapped(value.AsImmutable()) == System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(value);
    }

    public async Task<bool> SameParameter(string other)
    {
        var value = new List<int> { 1 };
        return await GrainFactory.GetGrain<ICopyGrain>(other).ReceiveParameter(value) == System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(value);
    }

    public Task<int> ReceiveFrozen(Frozen value) => Task.FromResult(System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(value));

    public Task<int> ReceiveWrapped(Immutable<List<int>> value) => Task.FromResult(System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(value.Value));

    public Task<int> ReceiveParameter(List<int> value) => Task.FromResult(System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(value));

    public Task<bool> Shared(List<Node> nodes) => Task.FromResult(ReferenceEquals(nodes[0], nodes[1]) && ReferenceEquals(nodes[0].Next, nodes[0]));

    public Task<object> ReturnPlain() => Task.FromResult<object>(new Plain());

    private static InvalidOperationException WithData()
    {
        var exception = new InvalidOperationException("with data");
        exception.Data["code"] = 7;
        return exception;
    }
}

public sealed class CopyTests(PlainCluster cluster) : IClassFixture<PlainCluster>
{
    private ICopyGrain Grain(string key = "a") => cluster.Client.GetGrain<ICopyGrain>(key);

    private ICopyGrain Inside(string key = "a") => cluster.Inside.GetGrain<ICopyGrain>(key);

    [Fact]
    public async Task Argument_ChangedAfterTheCall_DoesNotChangeTheCallee()
    {
        var node = new Node { Name = "one" };
        await Inside("args").Keep(node);
        node.Name = "two";
        Assert.Equal("one", (await Inside("args").Kept()).Name);
    }

    [Fact]
    public async Task Argument_ChangedBeforeTheCallRuns_IsAsItWasAtTheCall()
    {
        var node = new Node { Name = "one", Items = { "x" } };
        var call = Inside("early").Keep(node);
        node.Name = "two";
        node.Items.Clear();
        await call;
        var kept = await Inside("early").Kept();
        Assert.Equal("one", kept.Name);
        Assert.Equal(["x"], kept.Items);
    }

    [Fact]
    public async Task Result_Changed_DoesNotChangeTheCallee()
    {
        await Grain("result").Keep(new Node { Name = "one" });
        (await Grain("result").Kept()).Name = "two";
        (await Inside("result").Kept()).Name = "three";
        Assert.Equal("one", (await Grain("result").Kept()).Name);
    }

    [Fact]
    public async Task Call_BetweenGrains_CopiesBothWays() => Assert.Equal("sent", await Grain("x").Isolated("y"));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Member_WithoutId_ArrivesAsConstructed(bool inside)
    {
        var back = await (inside ? Inside() : Grain()).Keep(new Node { NotCarried = "set" }.WithHidden(7));
        Assert.Equal("initial", back.NotCarried);
        Assert.Equal(7, back.Hidden);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Record_WithRequiredMembers_KeepsMembersWithIdOnly(bool inside)
    {
        var sent = new Message { Text = "t", Tags = ["a", "b"], Counts = new Dictionary<string, int> { ["k"] = 1 }, At = DateTimeOffset.UnixEpoch, Kind = Kind.Some, Dropped = "set" };
        var back = await (inside ? Inside() : Grain()).Message(sent);
        Assert.Equal("t", back.Text);
        Assert.Equal(["a", "b"], back.Tags);
        Assert.Equal(1, back.Counts["k"]);
        Assert.Equal(DateTimeOffset.UnixEpoch, back.At);
        Assert.Equal(Kind.Some, back.Kind);
        Assert.Equal("initial", back.Dropped);
    }

    [Fact]
    public async Task Record_WithPositionalMembers_CarriesThem() => Assert.Equal(new Positional("one", 2), await Grain().Positional(new Positional("one", 2)));

    [Fact]
    public async Task Struct_IsCarried()
    {
        var back = await Grain().Point(new Point { X = 3, Path = [1, 2] });
        Assert.Equal(3, back.X);
        Assert.Equal([1, 2], back.Path);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task DerivedType_ByItsBase_IsCarriedWhole(bool inside)
    {
        var grain = inside ? Inside() : Grain();
        var back = Assert.IsType<DerivedNode>(await grain.Keep(new DerivedNode { Name = "n", Extra = 5 }));
        Assert.Equal(("n", 5), (back.Name, back.Extra));
        Assert.Equal(new Circle { Name = "c", Radius = 2 }, await grain.Shape(new Circle { Name = "c", Radius = 2 }));
    }

    [Fact]
    public async Task Objects_SharedAndCircular_StayTheSame()
    {
        var node = new Node();
        node.Next = node;
        Assert.True(await Grain().Shared([node, node]));
        Assert.True(await Inside().Shared([node, node]));
    }

    [Fact]
    public async Task Surrogate_IsUsed()
    {
        Assert.StartsWith("s!", (await Grain().Foreign(new Foreign("s"))).Secret, StringComparison.Ordinal);
        Assert.StartsWith("s!", (await Inside().Foreign(new Foreign("s"))).Secret, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CollectionExpression_ByReadOnlyInterface_IsCarried()
    {
        var one = "one";
        Assert.Equal(["one"], await Grain().List([one]));
        Assert.Equal(["one", "two"], await Inside().List([one, "two"]));
        Assert.Empty(await Inside().List([]));
    }

    public static TheoryData<object?> FrameworkValues() =>
    [
        null, 1, 2L, (short)3, (byte)4, 'c', true, 1.5, 2.5f, 3.5m, "text", Guid.Parse("0f8fad5b-d9cb-469f-a165-70867728950e"), TimeSpan.FromSeconds(1),
        new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc), DateTimeOffset.UnixEpoch, new DateOnly(2026, 1, 2), new TimeOnly(3, 4), new Uri("https://example.org/x"), new Version(1, 2),
        new byte[] { 1, 2 }, new[] { "a" }, new List<int> { 1 }, new Dictionary<string, int> { ["a"] = 1 }, new HashSet<string> { "a" }, new Queue<int>([1, 2]), new Stack<int>([1, 2]),
        new SortedDictionary<string, int> { ["b"] = 1 }, new ConcurrentDictionary<string, int>([new KeyValuePair<string, int>("a", 1)]),
        ImmutableArray.Create(1, 2), ImmutableList.Create(1), ImmutableDictionary<string, int>.Empty.Add("a", 1), ImmutableHashSet.Create("a"),
        ValueTuple.Create(1, "a"), Tuple.Create(1, "a"), new KeyValuePair<string, int>("a", 1), new List<List<string>> { new() { "x" } }, typeof(string),
        System.Net.IPAddress.Parse("10.0.0.1"), new int[][] { [1], [2, 3] }, Array.Empty<string>(),
    ];

    [Theory]
    [MemberData(nameof(FrameworkValues))]
    public async Task FrameworkValue_IsCarried(object? value)
    {
        Assert.Equal(value, await Grain().Any(value));
        Assert.Equal(value, await Inside().Any(value));
        if (value is not null)
        {
            Assert.IsType(value.GetType(), await Grain().Any(value), exactMatch: false);
        }
    }

    [Fact]
    public async Task Enum_Boxed_IsCarried()
    {
        Assert.Equal(Kind.Some, await Inside().Any(Kind.Some));
        Assert.Equal(1, await Grain().Any(Kind.Some));
        Assert.Equal(CarriedKind.Some, await Grain().Any(CarriedKind.Some));
    }

    [Fact]
    public async Task Dictionary_WithComparer_KeepsIt()
    {
        var value = new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase) { ["A"] = 1 };
        Assert.Equal(1, ((Dictionary<string, int>)(await Grain().Any(value))!)["a"]);
        Assert.Equal(1, ((Dictionary<string, int>)(await Inside().Any(value))!)["a"]);
    }

    [Fact]
    public async Task Type_WithoutSerializer_IsRefusedAsArgument()
    {
        await Assert.ThrowsAsync<CodecNotFoundException>(async () => await Inside().Any(new Plain()));
        await Assert.ThrowsAsync<CodecNotFoundException>(async () => await Grain().Any(new Plain()));
        await Assert.ThrowsAsync<CodecNotFoundException>(async () => await Grain().Any(new List<object> { new Plain() }));
    }

    [Fact]
    public async Task Type_WithoutSerializer_IsRefusedAsResult()
    {
        await Assert.ThrowsAsync<CodecNotFoundException>(() => Inside().ReturnPlain());
        await Assert.ThrowsAsync<CodecNotFoundException>(() => Grain().ReturnPlain());
    }

    [Fact]
    public async Task Immutable_BetweenGrains_IsNotCopied()
    {
        Assert.True(await Grain("x").SameImmutable("y"));
        Assert.True(await Grain("x").SameWrapped("y"));
        Assert.True(await Grain("x").SameParameter("y"));
    }

    [Fact]
    public async Task Exception_WithSerializer_CarriesItsMembersWithId()
    {
        var exception = await Assert.ThrowsAsync<CarriedException>(() => Grain().Throw("carried"));
        Assert.Equal(("told", "code-7", TimeSpan.FromSeconds(3)), (exception.Message, exception.Code, exception.RetryAfter!.Value));
        Assert.Null(exception.NotCarried);
        Assert.Contains(nameof(CopyGrain.Throw), exception.StackTrace, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Exception_WithInner_CarriesIt()
    {
        var exception = await Assert.ThrowsAsync<InvalidOperationException>(() => Grain().Throw("nested"));
        Assert.Equal("inner", Assert.IsType<ArgumentException>(exception.InnerException).Message);
    }

    [Fact]
    public async Task Exception_OfSeveral_CarriesAll()
    {
        var exception = await Assert.ThrowsAsync<AggregateException>(() => Grain().Throw("aggregate"));
        Assert.Equal(["one", "two"], exception.InnerExceptions.Select(e => e.Message));
    }

    [Fact]
    public async Task Exception_WithData_CarriesIt() =>
        Assert.Equal(7, (await Assert.ThrowsAsync<InvalidOperationException>(() => Grain().Throw("data"))).Data["code"]);

    [Fact]
    public async Task Exception_WithoutSerializer_WithinSilo_IsItself() => await Assert.ThrowsAsync<UncarriedException>(() => Inside().Throw("odd"));

    [Fact]
    public async Task Exception_WithoutSerializer_ToClient_IsRefused() => await Assert.ThrowsAsync<CodecNotFoundException>(() => Grain().Throw("odd"));
}
