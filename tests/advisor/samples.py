"""Requirements for the advisor's tests: a plain shop to vary, and any at all."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from archgen.advisor.facts import LEVELS
from archgen.requirements import Requirements, ServiceLevels

SHOP: dict[str, Any] = {
    "name": "shop",
    "scope": "product",
    "team_size": 6,
    "teams": 1,
    "traffic_rps_avg": 80.0,
    "traffic_rps_peak": 500.0,
    "traffic_pattern": "diurnal",
    "workload": "ecommerce",
    "latency_ms_target": 200.0,
    "data_gb": 50.0,
    "relational_needs": "high",
    "ops_maturity": "medium",
    "compliance": "none",
    "independent_scaling_need": "low",
    "slo": ServiceLevels(p95_ms=200, rps=100, error_rate=0.01),
}
PLATFORM = {
    "scope": "platform",
    "team_size": 60,
    "teams": 8,
    "traffic_rps_avg": 400.0,
    "traffic_rps_peak": 4000.0,
    "ops_maturity": "high",
    "independent_scaling_need": "high",
    "data_gb": 500.0,
}
SOCIAL = {
    "workload": "social",
    "traffic_pattern": "spiky",
    "team_size": 4,
    "traffic_rps_avg": 5.0,
    "traffic_rps_peak": 100.0,
    "relational_needs": "medium",
    "latency_ms_target": 300.0,
    "ops_maturity": "low",
}
REALTIME = {
    "workload": "realtime_stream",
    "relational_needs": "low",
    "traffic_rps_avg": 5000.0,
    "traffic_rps_peak": 20000.0,
    "team_size": 12,
    "teams": 2,
    "latency_ms_target": 1000.0,
    "ops_maturity": "high",
    "independent_scaling_need": "high",
}
MVP = {
    "scope": "mvp",
    "team_size": 3,
    "traffic_rps_avg": 2.0,
    "traffic_rps_peak": 10.0,
    "ops_maturity": "low",
    "data_gb": 5.0,
}


def requirements(**changes: Any) -> Requirements:
    return Requirements.model_validate({**SHOP, **changes})


@st.composite
def any_requirements(draw: st.DrawFn, /, **fixed: Any) -> Requirements:
    """Valid requirements from all over their range: no more teams than people, no
    average over the peak.
    """
    answers: dict[str, Any] = {
        field: draw(st.sampled_from(levels)) for field, levels in LEVELS.items()
    }
    answers["team_size"] = draw(st.integers(1, 2000))
    answers["teams"] = draw(st.integers(1, max(1, answers["team_size"] // 2)))
    answers["traffic_rps_avg"] = draw(st.floats(0.01, 1e6))
    answers["traffic_rps_peak"] = answers["traffic_rps_avg"] * draw(st.floats(1, 100))
    answers["latency_ms_target"] = draw(st.floats(5, 1e6))
    answers["data_gb"] = draw(st.floats(0.1, 1e6))
    return requirements(**{**answers, **fixed})
