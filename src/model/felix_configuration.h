/* SPDX-License-Identifier: GPL-2.0-or-later */
/* felix_configuration.h - what is special about defaults and checks of FelixConfiguration. */
#pragma once

struct resource;
struct validation;

void felix_configuration_default(struct resource *res);
void felix_configuration_rules(struct validation *v, const void *resource);
